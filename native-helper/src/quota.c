// SPDX-License-Identifier: Apache-2.0
#include "quota.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arm.h"
#include "privileges.h"
#include "text.h"

/* Of each watch two, and children that live for a moment. */
#define MAX_HELPERS (8 * WATCHES_A_USER)

struct helper {
	pid_t pid, parent;
};

/* A user can't rename a process that was lent more than he has; others only count against him. */
static bool read_helper(const char *name, struct helper *helper)
{
	struct text status = {};
	const char *parent, *uid;
	char path[64];
	bool is = false;

	helper->pid = (pid_t)strtol(name, NULL, 10);
	if (helper->pid <= 0 || helper->pid == getpid())
		return false;
	(void)snprintf(path, sizeof(path), "/proc/%d/status", helper->pid);
	if (text_read_file(&status, AT_FDCWD, path, 16384) == 0) {
		text_append(&status, "", 1);
		if (!status.failed && strncmp(status.data, "Name:\t" HELPER_NAME "\n",
					      sizeof(HELPER_NAME) + 6) == 0) {
			parent = strstr(status.data, "\nPPid:");
			uid = strstr(status.data, "\nUid:");
			helper->parent = parent ? (pid_t)strtol(parent + 6, NULL, 10) : 0;
			is = uid && strtoul(uid + 5, NULL, 10) == getuid();
		}
	}
	text_free(&status);
	return is;
}

static bool has_parent_in(const struct helper *helper, const struct helper *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].pid == helper->parent)
			return true;
	return helper->parent == getpid();
}

bool quota_is_reached(void)
{
	struct helper list[MAX_HELPERS];
	struct dirent *entry;
	size_t count = 0, watches = 0;
	DIR *dir;

	if (!privileges_are_lent())
		return false;
	privileges_raise(); /* they may be hidden even from their own user (hidepid) */
	dir = opendir("/proc");
	while (dir && count < MAX_HELPERS && (entry = readdir(dir)))
		if (read_helper(entry->d_name, &list[count]))
			count++;
	if (dir)
		closedir(dir);
	privileges_lower();
	for (size_t i = 0; i < count; i++)
		watches += !has_parent_in(&list[i], list, count);
	return !dir || watches >= WATCHES_A_USER;
}
