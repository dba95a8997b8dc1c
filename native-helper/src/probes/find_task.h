/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FIND_TASK_H
#define FIND_TASK_H

#include <bpf/libbpf.h>
#include <sys/types.h>

#include "jmortem.h"

/*
 * Finds the kernel's data about the process with this pid in our pid namespace. It runs the
 * iterator of bpf/find_task.bpf.h with its variable query. Returns 0 or -errno.
 */
int find_task(struct bpf_program *iterator, struct task_query *query, pid_t pid,
	      struct task_query *answer);

/*
 * Runs bpf/find_self.bpf.h, which writes our data to the state of this slot. Returns 0 or -errno.
 */
int find_self(const struct bpf_program *program, unsigned int slot);

#endif
