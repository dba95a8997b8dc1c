/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROC_STAT_H
#define PROC_STAT_H

#include <stdbool.h>

/*
 * Reads the state letter and the parent's pid: the first fields of stat after the name (proc(5)),
 * which may hold anything. path is relative to dir_fd. False if the process has ended.
 */
bool proc_stat_read(int dir_fd, const char *path, char *state, int *parent);

#endif
