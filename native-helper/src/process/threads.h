/* SPDX-License-Identifier: Apache-2.0 */
#ifndef THREADS_H
#define THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "jmortem.h"

/* A thread of a process that does not run, or no more. */
struct thread {
	pid_t tid; /* as the helper sees it */
	int vtid; /* in its own pid namespace; 0: not known */
	bool has_regs;
	struct stack_registers regs;
	char comm[COMM_LEN];
};

struct thread_list {
	struct thread *threads;
	size_t count, size;
};

/* Adds a copy; false if there is no memory for it, and the list is as it was. */
bool threads_add(struct thread_list *list, const struct thread *thread);

/* Empties it and gives back its memory. */
void threads_free(struct thread_list *list);

#endif
