/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FREEZE_H
#define FREEZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "process/hold.h"
#include "process/jvm.h"
#include "jmortem.h"

/* A thread that is being traced. */
struct frozen_thread {
	pid_t tid;
	bool stopped; /* registers can be read */
	bool is_held; /* it was traced before, and stays traced */
	int status; /* the status of its stop, from waitpid() */
};

/* A process with all threads in a ptrace stop. */
struct frozen {
	const struct jvm *jvm;
	struct hold *hold;
	struct frozen_thread *threads;
	size_t count, size;
};

/*
 * Begins with one thread (0: none). As soon as that thread can't run on, *caught is set (NULL: not
 * needed). Then call freeze_all() or freeze_none().
 */
void freeze_begin(struct frozen *frozen, const struct jvm *jvm, struct hold *hold, pid_t first,
		  volatile __u32 *caught);

/*
 * Stops every thread by ptrace, until deadline_ns (CLOCK_MONOTONIC) at most. A thread in
 * uninterruptible sleep is left running. The held thread stays held when the others are released.
 * If the process was stopped by SIGSTOP before, that stop is ended; from then on, the kernel
 * releases the process if this one dies. Returns 0 or -errno; after an error, no thread is stopped.
 */
int freeze_all(struct frozen *frozen, bool was_stopped, uint64_t deadline_ns);

/* Whether this thread was found and stopped. */
bool freeze_has(const struct frozen *frozen, pid_t tid);

/* Instead of freeze_all(): lets the process continue. */
void freeze_none(struct frozen *frozen, bool was_stopped);

/* Releases every thread, with its pending signals. */
void thaw(struct frozen *frozen);

/*
 * Handles a wait status of a tracee after thaw(): a thread that could not be stopped in time has
 * now stopped, and is released.
 */
void thaw_late(pid_t tid, int status);

int frozen_registers(const struct frozen_thread *thread, struct user_regs_struct *regs);

#endif
