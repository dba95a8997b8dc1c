/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROC_STAT_H
#define PROC_STAT_H

#include <stdbool.h>

/*
 * The state's letter and the parent's pid, the first fields of a stat behind the name
 * (proc(5)), which may hold anything. path is relative to dir_fd. False if it has ended.
 */
bool proc_stat_read(int dir_fd, const char *path, char *state, int *parent);

#endif
