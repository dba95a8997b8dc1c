// SPDX-License-Identifier: Apache-2.0
#include "daemon/missed.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log_line.h"
#include "base/text.h"
#include "daemon/entry.h"
#include "evidence/history.h"
#include "process/proc_stat.h"
#include "watch/work_dir.h"

#define MAX_ENTRIES 10000

/* The next line of a text that is ended by NUL; "" behind the last one. */
static char *next_line(char **text)
{
	char *line = *text, *end = strchr(line, '\n');

	*text = end ? end + 1 : line + strlen(line);
	if (end)
		*end = '\0';
	return line;
}

static void add_to_history(const struct config *config, pid_t pid, char *text)
{
	uid_t user = (uid_t)strtoul(next_line(&text), NULL, 10);
	const struct history_line line = {
		.event = "missed",
		.pid = pid,
		.user = user,
		.name = next_line(&text),
		.cgroup = next_line(&text),
	};
	int directory = store_open_user(config->dir, user);

	log_line("process %d (%s) ended while nobody watched it: no report", pid, line.name);
	if (directory < 0)
		return;
	(void)history_add(directory, &line);
	close(directory);
}

/* Whether this process has ended; name: its pid and start. */
static bool has_ended(const char *name)
{
	unsigned int pid;
	uint64_t start, now;
	char path[32];

	if (sscanf(name, "%u-%" SCNu64, &pid, &start) != 2)
		return false;
	(void)snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	return proc_stat_start(AT_FDCWD, path, &now) ? now != start : errno == ENOENT;
}

/* An entry that is locked belongs to a watch that goes on; one of a living process is left. */
static void look_at_entry(const struct config *config, const char *parent, const char *name)
{
	char path[PATH_MAX];
	struct text text = {};
	pid_t pid = (pid_t)strtol(name, NULL, 10);
	int dir;

	if (pid <= 0 || !has_ended(name) ||
	    snprintf(path, sizeof(path), "%s/%s", parent, name) >= (int)sizeof(path))
		return;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return;
	if (flock(dir, LOCK_EX | LOCK_NB) == 0) {
		if (text_read_file(&text, dir, ENTRY_FILE, 4096) == 0) {
			text_append(&text, "", 1);
			if (!text.failed)
				add_to_history(config, pid, text.data);
		}
		text_free(&text);
		work_dir_remove(path);
	}
	close(dir);
}

void missed_deaths(const struct config *config)
{
	char parent[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	entry_directory(config, parent, sizeof(parent));
	dir = opendir(parent);
	for (unsigned int i = 0; dir && i < MAX_ENTRIES && (entry = readdir(dir)); i++)
		look_at_entry(config, parent, entry->d_name);
	if (dir)
		closedir(dir);
}
