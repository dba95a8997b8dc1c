/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSPECTION_H
#define INSPECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "evidence/evidence.h"
#include "java/walker.h"
#include "probes/probes.h"
#include "process/hold.h"
#include "process/threads.h"
#include "watch/handover.h"
#include "watch/kill_timer.h"
#include "watch/turn.h"

/*
 * Looks at the JVM while it can't run: when it is asked to end, when HotSpot gives up,
 * and in its exit. While it is held nothing is touched that may block, so evidence stays
 * in memory: a disk may hang.
 */
struct inspection {
	const struct config *config;
	const struct jvm *jvm;
	struct evidence *evidence;
	struct probes *probes;
	struct handover *handover;
	struct hold *hold;
	struct headroom *headroom;
	struct turn turn; /* for the walks */
	struct kill_timer kill_timer;
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

void inspection_init(struct inspection *inspection);

/*
 * HotSpot gives up, or abort() was called, at that time. how: what BPF did, or wants done.
 */
void inspection_fault(struct inspection *inspection, enum freeze how, uint64_t time_ns);

/* The process was asked to end, by SIGTERM. Of several requests the last one counts. */
void inspection_request(struct inspection *inspection);

/* It is in its exit stop, and is to be held no longer than until deadline_ns. */
void inspection_exit(struct inspection *inspection, uint32_t status, bool wants_stacks,
		     uint64_t deadline_ns);

/* It was held in its exit from since_ns on, and has been let go. */
void inspection_exit_released(struct inspection *inspection, uint64_t since_ns);

/* How long it may be held in its exit, as things stand: five sixths of the deadline at most. */
uint64_t inspection_exit_patience(const struct inspection *inspection);

/* Lets walkers that rest go on, once nobody else is held. Returns whether one still rests. */
bool inspection_rests(struct inspection *inspection);

/* What is left of the deadline, after which nothing may hold the process any more. */
uint64_t inspection_patience_left(const struct inspection *inspection);

#endif
