/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WALKER_H
#define WALKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/config.h"
#include "evidence/events.h"
#include "process/headroom.h"
#include "process/threads.h"

/*
 * The Java process that reads every Java stack out of the frozen process's memory.
 * It gets the memory as its standard input, and writes to its standard output a record
 * separator (0x1e) when it has read all that it needs, then what it found as JSON.
 *
 * It is a process of its own, not the reporter, so that its memory is given back
 * while the JVM goes on dying, and so that nothing is lost with it.
 */
struct walker {
	pid_t pid; /* 0: never started, or reaped */
	enum moment moment; /* whose stacks it reads */
	int fd; /* its standard output, -1 once that has ended */
	bool has_read; /* it needs the process's memory no more */
	bool is_resting; /* stopped, before it says what it has found */
	struct text output;
	uint64_t started_ns;
};

/* The thread that died, and where. */
struct crash {
	pid_t tid; /* as the helper sees it; 0: not known */
	uint32_t vtid; /* in the JVM's own pid namespace; 0: not known */
	bool has_regs;
	struct stack_registers regs;
	uint64_t rbx, r12, r14, r15; /* what a called function leaves as it was; valid with regs */
	uint32_t status; /* of the process in its exit, where nobody has seen the thread; else 0 */
};

void walker_init(struct walker *walker);

/*
 * Starts it, to be done with the memory at deadline_ns (CLOCK_MONOTONIC). crash is NULL
 * where no thread is to blame. Returns
 * false, with a problem in the evidence, if it can't be, or must not be: its own
 * memory may be the last below the cgroup's limit.
 */
bool walker_start(struct walker *walker, struct evidence *evidence,
		  const struct thread_list *threads, const struct crash *crash, enum moment moment,
		  struct headroom *headroom, uint64_t deadline_ns);

/*
 * Waits until it needs the memory no more, or has ended. Beyond deadline_ns it is
 * killed, since it must not look at memory that changes.
 */
void walker_wait(struct walker *walker, struct evidence *evidence, uint64_t deadline_ns);

/*
 * Stops it, once it has read: to say what it found takes a cold JVM more of the CPU than to read,
 * and other JVMs may be held meanwhile.
 */
void walker_rest(struct walker *walker);
void walker_go_on(struct walker *walker);

/* Takes in what it has written until now, without waiting. */
void walker_consume(struct walker *walker, struct evidence *evidence);

/* Has it go on, and waits for the rest; at deadline_ns it is killed. */
void walker_finish(struct walker *walker, struct evidence *evidence, uint64_t deadline_ns);

#endif
