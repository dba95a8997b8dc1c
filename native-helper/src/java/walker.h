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
 * The Java process that reads the Java stacks from the memory of the frozen process. Its standard
 * input is that memory. It writes a record separator (0x1e) to standard output when it does not
 * need the memory any more, and then its result as JSON.
 *
 * It is a separate process, not the reporter. So its memory is freed while the JVM continues to
 * die, and a crash of the walker loses only the stacks.
 */
struct walker {
	pid_t pid; /* 0: never started, or reaped */
	enum moment moment; /* whose stacks it reads */
	int fd; /* its standard output; -1 after its end */
	bool has_read; /* it does not need the memory any more */
	bool is_resting; /* stopped before it writes its result */
	struct text output;
	uint64_t started_ns;
};

/* The thread that died, and its registers. */
struct crash {
	pid_t tid; /* in the helper's pid namespace; 0: unknown */
	uint32_t vtid; /* in the JVM's own pid namespace; 0: unknown */
	bool has_regs;
	struct stack_registers regs;
	uint64_t rbx, r12, r14, r15; /* callee-saved registers; valid with regs */
	uint32_t status; /* the process's status, if the thread is unknown; otherwise 0 */
};

void walker_init(struct walker *walker);

/*
 * Starts the walker, which must be done with the memory at deadline_ns (CLOCK_MONOTONIC). crash is
 * NULL if no thread caused the death. Returns false, with a problem in the evidence, if it can't be
 * started, or must not be, because it could use up the memory below the cgroup's limit.
 */
bool walker_start(struct walker *walker, struct evidence *evidence,
		  const struct thread_list *threads, const struct crash *crash, enum moment moment,
		  struct headroom *headroom, uint64_t deadline_ns);

/*
 * Waits until the walker does not need the memory any more, or has ended. At deadline_ns it is
 * killed, because it must not read changing memory.
 */
void walker_wait(struct walker *walker, struct evidence *evidence, uint64_t deadline_ns);

/*
 * Stops the walker after it has read the memory: in a cold JVM, writing the result takes more CPU
 * time than reading, and other JVMs may be held meanwhile.
 */
void walker_rest(struct walker *walker);
void walker_go_on(struct walker *walker);

/* Reads what it has written so far, without waiting. */
void walker_consume(struct walker *walker, struct evidence *evidence);

/* Continues it, and waits for the rest of its output; at deadline_ns it is killed. */
void walker_finish(struct walker *walker, struct evidence *evidence, uint64_t deadline_ns);

#endif
