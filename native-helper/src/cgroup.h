/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CGROUP_H
#define CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

/*
 * The directory of a process's memory controller, from the text of its
 * /proc/PID/cgroup: the path below the usual mount point, or, in a container that
 * sees its own cgroup as the root, the mount point itself. Returns an O_PATH
 * descriptor or -1. *levels is how many parents it has up to the mount point.
 */
int cgroup_open_memory(const struct text *cgroup, unsigned int *levels);

/* The same from the file itself, such as /proc/self/cgroup; relative to dir_fd. */
int cgroup_open_memory_of(int dir_fd, const char *file, unsigned int *levels);

/* The path of a process's memory cgroup, from the same file; empty where it is not known. */
void cgroup_memory_path(int dir_fd, const char *file, char *path, size_t size);

/* Whether the OOM killer ends all of its processes, or one. */
bool cgroup_is_killed_whole(int dir);

/*
 * How many bytes may still be allocated in a memory cgroup and those above it, page
 * cache that can be given up included, before they are refused or slowed down; UINT64_MAX if
 * nothing limits them.
 */
uint64_t cgroup_memory_left(int dir, unsigned int levels);

/*
 * The way out of this process's memory cgroup: the files by which it can enter those
 * above, the topmost first. Opened early, since in a cgroup in which the OOM killer has
 * struck there is no memory even to open a file, until its victim is gone.
 */
struct cgroup_exit {
	int procs[8];
	unsigned int count;
};

void cgroup_exit_open(struct cgroup_exit *way);

/* Leaves for the topmost that may be entered. */
void cgroup_exit_take(struct cgroup_exit *way);

/*
 * Moves this process to the nearest cgroup above its own in which so many bytes can be
 * allocated: where the OOM killer has struck, there is nothing left in its own until its
 * victim is gone. Returns false where there is none, or it may not be done.
 */
bool cgroup_move_up(uint64_t needed);

#endif
