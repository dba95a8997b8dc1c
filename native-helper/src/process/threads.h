/* SPDX-License-Identifier: Apache-2.0 */
#ifndef THREADS_H
#define THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "jmortem.h"

/* A thread of a stopped or ended process. */
struct thread {
	pid_t tid; /* in the helper's pid namespace */
	int vtid; /* in its own pid namespace; 0: unknown */
	bool has_regs;
	struct stack_registers regs;
	char comm[COMM_LEN];
};

struct thread_list {
	struct thread *threads;
	size_t count, size;
};

/* Adds a copy; false if there is no memory, and the list is unchanged. */
bool threads_add(struct thread_list *list, const struct thread *thread);

/* Empties the list and frees its memory. */
void threads_free(struct thread_list *list);

#endif
