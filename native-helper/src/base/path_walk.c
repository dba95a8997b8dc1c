// SPDX-License-Identifier: Apache-2.0
#include "base/path_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_LINKS 40 /* the kernel's own limit */
#define MAX_DEPTH 128

/* openat2(2) must be tried again if something was renamed meanwhile. */
#define MAX_TRIES 8

struct walk {
	unsigned int policy;
	int flags;
	int dirs[MAX_DEPTH]; /* the current directory, and all above it up to the start */
	size_t depth;
	unsigned int links;
	char rest[2 * PATH_MAX]; /* the rest of the path */
};

static int here(const struct walk *walk)
{
	return walk->dirs[walk->depth - 1];
}

static void go_up_to(struct walk *walk, size_t depth)
{
	while (walk->depth > depth)
		close(walk->dirs[--walk->depth]);
}

/* Takes the next name from the rest. False if there is none. */
static bool next_name(struct walk *walk, char *name, bool *is_last)
{
	const char *at = walk->rest + strspn(walk->rest, "/");
	size_t len = strcspn(at, "/");
	const char *behind = at + len + strspn(at + len, "/");

	if (!len)
		return false;
	if (len > NAME_MAX)
		len = NAME_MAX + 1; /* too long: the next call refuses it */
	memcpy(name, at, len);
	name[len] = '\0';
	*is_last = !*behind;
	memmove(walk->rest, behind, strlen(behind) + 1);
	return true;
}

static int step_up(struct walk *walk)
{
	if (walk->depth > 1)
		go_up_to(walk, walk->depth - 1);
	else if (walk->policy & WALK_BENEATH)
		return -EXDEV;
	return 0; /* the parent of the root is the root */
}

/* The link itself is open, so we read the same link whose owner was checked. */
static int follow(struct walk *walk, int link, const struct stat *status)
{
	char target[PATH_MAX], rest[2 * PATH_MAX];
	ssize_t len;
	int all;

	if ((walk->policy & WALK_TRUSTED_LINKS) && status->st_uid && status->st_uid != geteuid())
		return -EPERM;
	len = readlinkat(link, "", target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	if (++walk->links > MAX_LINKS)
		return -ELOOP;
	target[len] = '\0';
	if (*target == '/') {
		if (walk->policy & WALK_BENEATH)
			return -EXDEV;
		go_up_to(walk, 1);
	}
	all = snprintf(rest, sizeof(rest), "%s/%s", target, walk->rest);
	if (all >= (int)sizeof(rest))
		return -ENAMETOOLONG;
	memcpy(walk->rest, rest, (size_t)all + 1);
	return 0;
}

static int open_name(const struct walk *walk, const char *name)
{
	int fd = openat(here(walk), name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && (walk->policy & WALK_MAKE)) {
		if (mkdirat(here(walk), name, 0700) && errno != EEXIST)
			return -errno;
		fd = openat(here(walk), name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	}
	return fd < 0 ? -errno : fd;
}

/* Returns 0 to continue, the descriptor at the end of the path (never 0), or -errno. */
static int step(struct walk *walk, const char *name, bool is_last)
{
	struct stat status;
	int fd, err;

	fd = open_name(walk, name);
	if (fd < 0)
		return fd;
	err = fstat(fd, &status) ? -errno : 0;
	if (!err && S_ISLNK(status.st_mode)) {
		err = follow(walk, fd, &status);
		close(fd);
		return err;
	}
	if (!err && is_last) {
		close(fd);
		/* a link that has replaced it is refused */
		fd = openat(here(walk), name, walk->flags | O_NOFOLLOW | O_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}
	if (!err && !S_ISDIR(status.st_mode))
		err = -ENOTDIR;
	if (!err && walk->depth == MAX_DEPTH)
		err = -ELOOP;
	if (err) {
		close(fd);
		return err;
	}
	walk->dirs[walk->depth++] = fd;
	return 0;
}

int path_walk(int start, const char *path, unsigned int policy, int flags)
{
	struct walk walk = { .policy = policy, .flags = flags, .dirs = { start }, .depth = 1 };
	char name[NAME_MAX + 2];
	bool is_last = false;
	int result = 0;

	if (snprintf(walk.rest, sizeof(walk.rest), "%s", path) >= PATH_MAX)
		return -ENAMETOOLONG;
	while (result == 0 && next_name(&walk, name, &is_last)) {
		if (strcmp(name, ".") == 0)
			continue;
		result = strcmp(name, "..") == 0 ? step_up(&walk) : step(&walk, name, is_last);
	}
	if (result == 0) { /* the path ends in the current directory */
		result = openat(here(&walk), ".", flags | O_CLOEXEC);
		result = result < 0 ? -errno : result;
	}
	go_up_to(&walk, 1);
	return result;
}

static int by_kernel(int start, const char *path, int flags, __u64 resolve)
{
	const struct open_how how = {
		.flags = (__u64)(unsigned int)(flags | O_CLOEXEC),
		.resolve = resolve | RESOLVE_NO_MAGICLINKS,
	};
	long fd = -1;

	for (unsigned int i = 0; i < MAX_TRIES; i++) {
		fd = syscall(SYS_openat2, start, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd < 0 ? -errno : (int)fd;
}

/* Old kernels lack openat2(2); old seccomp filters of containers return EPERM. */
static bool is_unavailable(int result)
{
	return result == -ENOSYS || result == -EPERM || result == -EAGAIN;
}

int path_open_in_root(int root, const char *path, int flags)
{
	int fd = by_kernel(root, path, flags, RESOLVE_IN_ROOT);

	return is_unavailable(fd) ? path_walk(root, path, 0, flags) : fd;
}

int path_open_beneath(int directory, const char *path, int flags)
{
	int fd = by_kernel(directory, path, flags, RESOLVE_BENEATH);

	return is_unavailable(fd) ? path_walk(directory, path, WALK_BENEATH, flags) : fd;
}
