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
	bool is_held; /* it was traced before, and will be */
	int status; /* of its stop, as waitpid() gave it */
};

/* A process all of whose threads are in a ptrace stop. */
struct frozen {
	const struct jvm *jvm;
	struct hold *hold;
	struct frozen_thread *threads;
	size_t count, size;
};

/*
 * Begins with one thread (0: with none): as soon as that can't get away *caught (NULL: nobody
 * asks) is set. Either freeze_all() or freeze_none() is to follow.
 */
void freeze_begin(struct frozen *frozen, const struct jvm *jvm, struct hold *hold, pid_t first,
		  volatile __u32 *caught);

/*
 * Stops every thread by ptrace, waiting no longer than until deadline_ns
 * (CLOCK_MONOTONIC); a thread in an uninterruptible sleep is left running. The
 * thread that is held stays so when the others are let go. Where the
 * process was stopped by SIGSTOP before, that stop is ended: from here on the
 * kernel itself lets the process go if this one dies. Returns 0 or -errno; after an
 * error nothing is stopped any more.
 */
int freeze_all(struct frozen *frozen, bool was_stopped, uint64_t deadline_ns);

/* Whether this thread is among them, and was there to be stopped. */
bool freeze_has(const struct frozen *frozen, pid_t tid);

/* Instead of freeze_all(): the process goes on. */
void freeze_none(struct frozen *frozen, bool was_stopped);

/* Lets every thread go, with the signals that it was about to get. */
void thaw(struct frozen *frozen);

/*
 * For a wait status of a tracee that comes after thaw(): a thread that could not be
 * stopped in time has stopped by now, and is let go.
 */
void thaw_late(pid_t tid, int status);

int frozen_registers(const struct frozen_thread *thread, struct user_regs_struct *regs);

#endif
