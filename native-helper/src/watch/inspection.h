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
 * Inspects the JVM while it is stopped: at a SIGTERM, at a fatal error or abort(), and in its exit.
 * While the JVM is held, we do nothing that may block. So the evidence stays in memory, because a
 * disk may hang.
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
	struct walker request_walker; /* it may still write when the JVM dies */
	struct thread_list killed; /* threads of the dying process, with their last registers */
	struct crash crash; /* the thread that caused the death */
	bool has_crash;
	bool has_exited; /* it only called exit() */
	bool has_state; /* facts that only the living process has */
	bool has_stacks; /* of the death, at whichever moment */
	bool is_oom_victim;
	bool holds_for_report; /* the report must be made before the process is released */
	uint32_t exit_status; /* 0 until it is in its exit */
	uint64_t rests_until_ns; /* walkers pause until then, if other JVMs are still held */
	uint64_t held_ns; /* how long the dying process was delayed so far */
	uint64_t request_held_ns; /* the same for the last inspection at a SIGTERM */
	size_t request_at; /* where its lines begin in the evidence; 0: other lines follow */
	uint64_t requested_ns;
};

void inspection_init(struct inspection *inspection);

/*
 * For a fatal error or abort() at this time. how: what BPF did, or what must be done.
 */
void inspection_fault(struct inspection *inspection, enum freeze how, uint64_t time_ns);

/* For a SIGTERM. If there are several, the last one is kept. */
void inspection_request(struct inspection *inspection);

/* For the exit stop; the process may be held until deadline_ns. */
void inspection_exit(struct inspection *inspection, uint32_t status, bool wants_stacks,
		     uint64_t deadline_ns);

/* Records that the process was held in its exit since since_ns, and was released. */
void inspection_exit_released(struct inspection *inspection, uint64_t since_ns);

/* How long it may still be held in its exit: at most five sixths of the deadline. */
uint64_t inspection_exit_patience(const struct inspection *inspection);

/* Continues paused walkers when no other JVM is held. Returns whether one is still paused. */
bool inspection_rests(struct inspection *inspection);

/* The rest of the deadline, after which nothing may hold the process. */
uint64_t inspection_patience_left(const struct inspection *inspection);

#endif
