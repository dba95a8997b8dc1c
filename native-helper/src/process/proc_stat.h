/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROC_STAT_H
#define PROC_STAT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads the state letter and the parent's pid: the first fields of stat after the name (proc(5)),
 * which may hold anything. path is relative to dir_fd. False if the process has ended.
 */
bool proc_stat_read(int dir_fd, const char *path, char *state, int *parent);

/*
 * Reads when a process began, in clock ticks since the boot: with the pid, its identity, also for
 * another process of ours, as long as the host runs. False if the process has ended.
 */
bool proc_stat_start(int dir_fd, const char *path, uint64_t *ticks);

#endif
