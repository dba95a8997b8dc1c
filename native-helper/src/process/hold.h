/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOLD_H
#define HOLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "process/jvm.h"

/*
 * One thread of the JVM that is traced, so that it stops in its exit. While it is stopped there,
 * the memory of the process exists, whatever ended the process. Nothing else changes for the
 * process: stops and signals are passed on. If the tracer dies, the kernel releases the thread.
 */
struct hold {
	pid_t tid; /* in the helper's pid namespace; 0: nothing is held */
	bool has_become_another; /* program, by execve: the hold is released */
	bool is_exiting; /* it is in its exit stop, to be read and then released */
	bool is_to_end; /* release it at its next stop, because it was running */
	uint32_t status; /* the process's status as wait(2) returns it, once it is exiting */
};

/*
 * Attaches to a thread (PTRACE_SEIZE), and then checks that it belongs to the JVM and to our user:
 * the tid may have been reused since it was read. Returns 0; or -errno, and the thread is released:
 * ESRCH if it does not belong to the JVM.
 */
int trace_thread(const struct jvm *jvm, pid_t tid, unsigned long options);

/*
 * Holds the JVM's anchor thread. Returns 0 or -errno: EPERM if ptrace is not allowed, or another
 * process traces it; ESRCH if it is no longer a thread of this process.
 */
int hold_begin(struct hold *hold, const struct jvm *jvm);

/* Handles a status from waitpid(), and continues the thread, except from its exit stop. */
void hold_on_status(struct hold *hold, int wait_status);

/* Releases the hold for good: now if the thread is in its exit stop, otherwise when it stops. */
void hold_release(struct hold *hold);

/* The same before this process ends: waits for the release, at most a tenth of a second. */
void hold_end(struct hold *hold);

#endif
