/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include <limits.h>

#include "evidence/evidence.h"

#define LOG_PIDS 8

/* The kernel log from a point in time on, and the processes that its lines must be about. */
struct kernel_log {
	int fd; /* -1: it can't be read (a container; an ordinary user); it is optional */
	pid_t pids[LOG_PIDS]; /* in the initial pid namespace: process, threads, helper */
	size_t pid_count;
	char cgroup[PATH_MAX]; /* of the process's memory, as the kernel writes it; empty: unknown
				*/
};

/* Opens the log at its current end. */
void kernel_log_open(struct kernel_log *log, const struct jvm *jvm);

/* Adds a thread or process that lines may be about; 0 is none. */
void kernel_log_add(struct kernel_log *log, pid_t pid);

/*
 * Records new lines about the death of these processes, or about this cgroup: figures of the OOM
 * killer, faults without a handler, failed memory. Each line becomes an event "kernel_log". Lines
 * about other processes are left out, because readers of the report may not be allowed to see them.
 */
void kernel_log_capture(const struct kernel_log *log, struct evidence *evidence);

#endif
