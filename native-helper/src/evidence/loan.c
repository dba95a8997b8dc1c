// SPDX-License-Identifier: Apache-2.0
#include "evidence/loan.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "process/throwaway.h"

#define MAX_NAMES 4096 /* that are looked at; a report has some ten files */

static bool is_lent(int dir_fd, uid_t *to)
{
	struct stat dir;

	if (fstat(dir_fd, &dir) || dir.st_uid < THROWAWAY_FIRST || dir.st_uid > THROWAWAY_LAST)
		return false;
	*to = dir.st_uid;
	return true;
}

bool loan_begin(int dir_fd, int evidence_fd, uid_t to)
{
	if (fchown(evidence_fd, to, to))
		return false;
	if (fchown(dir_fd, to, to) == 0)
		return true;
	(void)!fchown(evidence_fd, geteuid(), getegid());
	return false;
}

/*
 * Whether it is a plain file that the user has made, and not a second name of another one. The
 * directory is ours again, so the name can't change its meaning.
 */
static bool take_file(int dir_fd, const char *name, uid_t from)
{
	struct stat file;

	return fstatat(dir_fd, name, &file, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(file.st_mode) &&
	       file.st_nlink == 1 && file.st_uid == from &&
	       fchownat(dir_fd, name, geteuid(), getegid(), AT_SYMLINK_NOFOLLOW) == 0 &&
	       fchmodat(dir_fd, name, 0600, 0) == 0;
}

static void take_files(int dir_fd, uid_t from)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	for (unsigned int i = 0; dir && i < MAX_NAMES && (entry = readdir(dir)); i++) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
		    take_file(dir_fd, name, from))
			continue;
		if (unlinkat(dir_fd, name, 0))
			(void)unlinkat(dir_fd, name, AT_REMOVEDIR);
	}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
}

bool loan_end(int dir_fd)
{
	uid_t from;

	if (!is_lent(dir_fd, &from))
		return false;
	throwaway_end(from);
	(void)!fchown(dir_fd, geteuid(), getegid());
	(void)fchmod(dir_fd, 0700);
	(void)fremovexattr(dir_fd, "system.posix_acl_default");
	take_files(dir_fd, from);
	return true;
}
