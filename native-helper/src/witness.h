/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WITNESS_H
#define WITNESS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "evidence.h"
#include "guardian.h"
#include "hold.h"
#include "probes.h"
#include "threads.h"
#include "turn.h"
#include "walker.h"

/*
 * Ends this process, and by that every ptrace stop, should anything hold us up for so
 * long while we hold the JVM. Made when arming: in a cgroup without memory there would be
 * none for a timer. Without one there is none, which is no reason to stop.
 */
struct dead_man {
	timer_t timer; /* 0 is a valid one */
	bool exists;
	volatile uint64_t *ends_at_ns; /* where that time is noted; NULL: nowhere */
};
void dead_man_prepare(struct dead_man *dead_man);
/* since_ns: of the time that the patience is for, what has passed begins there. */
void dead_man_set(const struct dead_man *dead_man, uint64_t since_ns, uint64_t patience_ns);
void dead_man_end(const struct dead_man *dead_man);

/*
 * Looks at the JVM while it can't run: when it is asked to end, when HotSpot gives up,
 * and in its exit. While it is held nothing is touched that may block, so evidence stays
 * in memory: a disk may hang.
 */
struct witness {
	const struct config *config;
	const struct jvm *jvm;
	struct evidence *evidence;
	struct probes *probes;
	struct handover *handover;
	struct hold *hold;
	struct room *room;
	struct turn turn; /* for the walks */
	struct dead_man dead_man;
	struct walker walker; /* of the death */
	struct walker request_walker; /* it may still be writing when death comes */
	struct thread_list killed; /* threads of the dying group, where they will never go on */
	struct crash crash; /* the thread that is to blame */
	bool has_crash;
	bool has_exited; /* all that it did is to call exit() */
	bool has_state; /* what only the living process can tell */
	bool has_stacks; /* of the death, wherever it was looked at */
	bool is_oom_victim;
	bool holds_for_report; /* the report must be made before the process is let go */
	uint32_t exit_status; /* 0 until it is in its exit */
	uint64_t rests_until_ns; /* walkers, if others are still held then */
	uint64_t held_ns; /* how long the dying process was kept waiting until now */
	uint64_t request_held_ns; /* the same of the last look at a request */
	size_t request_at; /* where in the evidence that look begins; 0: not the last thing there */
	uint64_t requested_ns;
};

void witness_init(struct witness *witness);

/*
 * HotSpot gives up, or abort() was called, at that time. how: what BPF did, or wants done.
 */
void witness_fault(struct witness *witness, enum freeze how, uint64_t time_ns);

/* The process was asked to end, by SIGTERM. Of several requests the last one counts. */
void witness_request(struct witness *witness);

/* It is in its exit stop, and is to be held no longer than until deadline_ns. */
void witness_exit(struct witness *witness, uint32_t status, bool wants_stacks,
		  uint64_t deadline_ns);

/* It was held in its exit from since_ns on, and has been let go. */
void witness_exit_released(struct witness *witness, uint64_t since_ns);

/* How long it may be held in its exit, as things stand: five sixths of the deadline at most. */
uint64_t witness_exit_patience(const struct witness *witness);

/* Lets walkers that rest go on, once nobody else is held. Returns whether one still rests. */
bool witness_rests(struct witness *witness);

/* What is left of the deadline, after which nothing may hold the process any more. */
uint64_t witness_patience_left(const struct witness *witness);

#endif
