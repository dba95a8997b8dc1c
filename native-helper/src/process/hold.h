/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOLD_H
#define HOLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "process/jvm.h"

/*
 * One thread of the JVM, traced for all its life so that it stops in its exit: as long
 * as it does, the process's memory is there, whatever ended it. Nothing else about
 * the process changes: stops, signals and their ends are passed on as they come. If
 * the tracer dies, the kernel lets the thread go.
 */
struct hold {
	pid_t tid; /* as the helper sees it; 0: nothing is held */
	bool has_become_another; /* program, by execve: it is held no more */
	bool is_exiting; /* it is in its exit stop: to be read, then released */
	bool is_to_end; /* released while it was running: at its next stop */
	uint32_t status; /* the process's, as wait(2) gives it, once it is exiting */
};

/*
 * Begins to trace a thread (PTRACE_SEIZE), and proves that it is the JVM's and still our user's:
 * a number may have become somebody else's thread since it was read. Nothing else is done before.
 * Returns 0, or -errno and the thread is let go: ESRCH where it is not the JVM's.
 */
int trace_thread(const struct jvm *jvm, pid_t tid, unsigned long options);

/*
 * Takes the JVM's anchor thread. Returns 0, or -errno: EPERM where ptrace is not allowed, or
 * somebody else traces it; ESRCH if it is no thread of this process any more.
 */
int hold_begin(struct hold *hold, const struct jvm *jvm);

/* Takes what waitpid() said of the thread, and lets it go on but from its exit stop. */
void hold_on_status(struct hold *hold, int wait_status);

/* Lets go for good: at once if the thread is in its exit stop, else as soon as it stops. */
void hold_release(struct hold *hold);

/* The same, and waits until it has gone, at most a tenth of a second: before this process ends. */
void hold_end(struct hold *hold);

#endif
