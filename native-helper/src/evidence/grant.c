// SPDX-License-Identifier: Apache-2.0
#include "evidence/grant.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define MAX_NAMES 4096 /* a report has some ten files */

#define MAX_ENTRIES 64 /* ours has five */

#define LIST_NAME "system.posix_acl_access"

#define READ ACL_READ
#define LIST (ACL_READ | ACL_EXECUTE)
#define ALL (ACL_READ | ACL_WRITE | ACL_EXECUTE)

/* Gives the user these rights to what is open, beside those of the owner. */
static bool add(int fd, uid_t user, unsigned short owners, unsigned short users)
{
	const struct {
		struct posix_acl_xattr_header header;
		struct posix_acl_xattr_entry entries[5];
	} list = {
		{ POSIX_ACL_XATTR_VERSION },
		{ { ACL_USER_OBJ, owners, (__le32)ACL_UNDEFINED_ID },
		  { ACL_USER, users, user },
		  { ACL_GROUP_OBJ, 0, (__le32)ACL_UNDEFINED_ID },
		  { ACL_MASK, users, (__le32)ACL_UNDEFINED_ID },
		  { ACL_OTHER, 0, (__le32)ACL_UNDEFINED_ID } },
	};

	return fsetxattr(fd, LIST_NAME, &list, sizeof(list), 0) == 0;
}

static void give_away(int fd, uid_t user, mode_t mode)
{
	(void)fchmod(fd, mode); /* while we own it */
	(void)!fchown(fd, user, (gid_t)-1);
}

/* Not a second name of a file that lies elsewhere. */
static bool is_plain(int fd)
{
	struct stat file;

	return fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && file.st_nlink == 1 &&
	       file.st_uid == geteuid();
}

bool store_is_granted(int fd, uid_t user)
{
	struct {
		struct posix_acl_xattr_header header;
		struct posix_acl_xattr_entry entries[MAX_ENTRIES];
	} list;
	ssize_t size = fgetxattr(fd, LIST_NAME, &list, sizeof(list));
	size_t n = size < (ssize_t)sizeof(list.header)
			   ? 0
			   : ((size_t)size - sizeof(list.header)) / sizeof(*list.entries);

	for (size_t i = 0; i < n; i++)
		if (list.entries[i].e_tag == ACL_USER && list.entries[i].e_id == user)
			return list.entries[i].e_perm & ACL_READ;
	return false;
}

void store_grant_file(int fd, uid_t user)
{
	if (!add(fd, user, ACL_READ | ACL_WRITE, READ))
		give_away(fd, user, 0400);
}

static void grant_name(int dir_fd, const char *name, uid_t user)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (is_plain(fd))
		store_grant_file(fd, user);
	close(fd);
}

bool store_grant_names(int dir_fd, uid_t user)
{
	return add(dir_fd, user, ALL, LIST);
}

void store_grant(int dir_fd, uid_t user)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	for (unsigned int i = 0; dir && i < MAX_NAMES && (entry = readdir(dir)); i++)
		if (*entry->d_name != '.')
			grant_name(dir_fd, entry->d_name, user);
	if (!store_grant_names(dir_fd, user))
		give_away(dir_fd, user, 0500);
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
}
