/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CGROUP_H
#define CGROUP_H

#include <stddef.h>

#include "base/text.h"

/*
 * Opens the directory of a process's memory cgroup, from the text of its /proc/PID/cgroup: the path
 * below the usual mount point, or the mount point itself in a container that sees its own cgroup as
 * the root. Returns an O_PATH descriptor or -1. *levels is the number of its parents up to the
 * mount point.
 */
int cgroup_open_memory(const struct text *cgroup, unsigned int *levels);

/* The same from a file such as /proc/self/cgroup, relative to dir_fd. */
int cgroup_open_memory_of(int dir_fd, const char *file, unsigned int *levels);

/* The path of a process's memory cgroup, from the same file; empty if it is unknown. */
void cgroup_memory_path(int dir_fd, const char *file, char *path, size_t size);

#endif
