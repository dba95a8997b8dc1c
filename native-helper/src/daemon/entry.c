// SPDX-License-Identifier: Apache-2.0
#include "daemon/entry.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "process/proc_stat.h"
#include "watch/work_dir.h"

void entry_directory(const struct config *config, char *path, size_t size)
{
	const char *slash = strrchr(config->socket, '/');

	(void)snprintf(path, size, "%.*s/watch", (int)(slash - config->socket), config->socket);
}

static bool write_file(const char *entry, uid_t user, const char *name, const char *cgroup)
{
	int dir = open(entry, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), fd;
	char text[512];
	int len = snprintf(text, sizeof(text), "%u\n%s\n%s\n", user, name, cgroup);
	bool is_written;

	if (dir < 0)
		return false;
	fd = openat(dir, ENTRY_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	is_written = fd >= 0 && text_write(fd, text, (size_t)len) == 0;
	if (fd >= 0)
		close(fd);
	close(dir);
	return is_written;
}

static bool find_path(const struct config *config, const struct jvm *jvm, char *path, size_t size)
{
	char parent[PATH_MAX - 64];
	uint64_t start;

	if (!proc_stat_start(jvm->proc_fd, "stat", &start))
		return false;
	entry_directory(config, parent, sizeof(parent));
	(void)mkdir(parent, 0700);
	return snprintf(path, size, "%s/%d-%" PRIu64, parent, jvm->pid, start) < (int)size;
}

bool entry_is_taken(const struct config *config, const struct jvm *jvm)
{
	char path[PATH_MAX];
	bool is_taken;
	int dir;

	if (!find_path(config, jvm, path, sizeof(path)))
		return false;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return false;
	is_taken = flock(dir, LOCK_EX | LOCK_NB) != 0;
	close(dir);
	return is_taken;
}

const char *entry_make(const struct config *config, const struct jvm *jvm, uid_t user,
		       const char *name, const char *cgroup)
{
	static char path[PATH_MAX];

	if (!find_path(config, jvm, path, sizeof(path)))
		return NULL;
	(void)mkdir(path, 0700);
	if (!write_file(path, user, name, cgroup))
		return NULL;
	work_dir_keep(path);
	return path;
}
