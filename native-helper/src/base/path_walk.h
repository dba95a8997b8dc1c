/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PATH_WALK_H
#define PATH_WALK_H

/*
 * Opens files by untrusted paths. Each step uses the descriptor of the previous step, so no name is
 * looked up twice.
 */

/* What a path may do. */
enum walk_policy {
	WALK_MAKE = 1, /* missing directories are created, only for us */
	WALK_TRUSTED_LINKS = 2, /* symbolic links are followed only if root or we own them */
	WALK_BENEATH = 4, /* the path may not leave the start directory, by a link or by ".." */
};

/*
 * Opens path, absolute or not, with the directory start as its root, like open(2) with these flags,
 * which may not include O_CREAT. Magic links (proc(5)) are followed by their text, not by their
 * target. Returns a descriptor or -errno: EPERM for an untrusted link, EXDEV for a step above the
 * start with WALK_BENEATH, ELOOP for too many links or directories.
 */
int path_walk(int start, const char *path, unsigned int policy, int flags);

/*
 * Opens path as a process with this root directory would, by openat2(2) if the kernel and a seccomp
 * filter allow it. Absolute links stay below root, and magic links are refused.
 */
int path_open_in_root(int root, const char *path, int flags);

/* Opens path below a directory that it can't leave. */
int path_open_beneath(int directory, const char *path, int flags);

#endif
