/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PATH_WALK_H
#define PATH_WALK_H

/*
 * Opens files by paths that somebody else has chosen. Each step is taken below the
 * descriptor of the one before, so no name is looked up twice.
 */

/* What a path may do besides. */
enum walk_policy {
	WALK_MAKE = 1, /* directories that are missing are made, for us alone */
	WALK_TRUSTED_LINKS = 2, /* symbolic links count only if they are root's or our own */
	WALK_BENEATH = 4, /* never above the directory that it begins in, by link or by ".." */
};

/*
 * Opens path, absolute or not, with the directory start as its root, as open(2) does with these
 * flags; O_CREAT is not among them. Magic links (proc(5)) are taken for what they read, not for
 * where they lead. Returns a descriptor or -errno: EPERM for a link that does not count, EXDEV
 * for a step above a start that binds, ELOOP for too many links or directories.
 */
int path_walk(int start, const char *path, unsigned int policy, int flags);

/*
 * The same for a process that has root as its root directory, by openat2(2) where the kernel and
 * a seccomp filter allow it: absolute links lead to below root, and magic links nowhere.
 */
int path_open_in_root(int root, const char *path, int flags);

/* The same below a directory that the path can't leave. */
int path_open_beneath(int directory, const char *path, int flags);

#endif
