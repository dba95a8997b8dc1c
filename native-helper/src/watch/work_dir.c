// SPDX-License-Identifier: Apache-2.0
#include "watch/work_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PREFIX "jmortem-"
#define LEFT_AFTER_S 60 /* the longest time between its creation and our start */
#define MAX_ENTRIES 20000 /* of a directory that everybody may write to */
#define MAX_REMOVED 64 /* in one run; later helpers remove more */

static int open_dir(int at, const char *path)
{
	return openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int lock_fd = -1; /* it stays open as long as we live */

void work_dir_keep(const char *path)
{
	lock_fd = path ? open_dir(AT_FDCWD, path) : -1;
	if (lock_fd >= 0)
		(void)flock(lock_fd, LOCK_SH | LOCK_NB);
}

int work_dir_lock(void)
{
	return lock_fd;
}

static void empty(int dir)
{
	static const char *const names[] = { "helper", "jmortem.jar", "snapshot", "snapshot.new",
					     "jvm" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		(void)unlinkat(dir, names[i], 0);
}

void work_dir_remove(const char *path)
{
	int dir = path ? open_dir(AT_FDCWD, path) : -1;

	if (dir < 0)
		return;
	empty(dir);
	close(dir);
	(void)rmdir(path);
}

static bool is_left(int dir)
{
	struct stat status;

	return fstat(dir, &status) == 0 && status.st_uid == geteuid() &&
	       (status.st_mode & 07777) == 0700 && status.st_mtime + LEFT_AFTER_S < time(NULL) &&
	       flock(dir, LOCK_EX | LOCK_NB) == 0;
}

/* Removes only our own files; if others are in it, the directory stays. */
static bool remove_if_left(int parent, const char *name)
{
	int dir = open_dir(parent, name);
	bool is;

	if (dir < 0)
		return false;
	is = is_left(dir);
	if (is) {
		empty(dir);
		(void)unlinkat(parent, name, AT_REMOVEDIR);
	}
	close(dir);
	return is;
}

static bool is_ones_name(const char *name)
{
	size_t len = strlen(PREFIX);

	return strncmp(name, PREFIX, len) == 0 && name[len] &&
	       strspn(name + len, "0123456789") == strlen(name + len);
}

void work_dir_tidy(const char *path)
{
	char parent[PATH_MAX];
	struct dirent *entry;
	unsigned int removed = 0;
	char *slash;
	DIR *dir;
	int fd;

	if (!path || snprintf(parent, sizeof(parent), "%s", path) >= (int)sizeof(parent))
		return;
	slash = strrchr(parent, '/');
	if (!slash || !is_ones_name(slash + 1))
		return;
	slash[slash == parent] = '\0';
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	for (unsigned int i = 0; dir && i < MAX_ENTRIES && removed < MAX_REMOVED; i++) {
		entry = readdir(dir);
		if (!entry)
			break;
		if (is_ones_name(entry->d_name) && remove_if_left(dirfd(dir), entry->d_name))
			removed++;
	}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
}
