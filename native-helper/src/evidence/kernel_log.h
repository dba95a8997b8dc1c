/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include <limits.h>

#include "evidence/evidence.h"

#define LOG_PIDS 8

/* The kernel's log from some time on, and whom its lines must be about. */
struct kernel_log {
	int fd; /* -1: it can't be read (a container; an ordinary user): it only adds to the rest */
	pid_t pids[LOG_PIDS]; /* as the kernel counts: process, threads, its helper */
	size_t pid_count;
	char cgroup[PATH_MAX]; /* of the process's memory, as the kernel writes it; empty: unknown
				*/
};

/* Opens it at its present end. */
void kernel_log_open(struct kernel_log *log, const struct jvm *jvm);

/* A thread or process that lines may be about; 0 is none. */
void kernel_log_add(struct kernel_log *log, pid_t pid);

/*
 * What the kernel has logged since about the death of these processes, or in this cgroup: the OOM
 * killer's figures, a fault without a handler, memory that failed. One event "kernel_log" for each
 * line. What it logs about others is nobody's business who reads the report.
 */
void kernel_log_capture(const struct kernel_log *log, struct evidence *evidence);

#endif
