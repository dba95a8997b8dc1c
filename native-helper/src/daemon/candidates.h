/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CANDIDATES_H
#define CANDIDATES_H

#include <stdbool.h>
#include <stdint.h>

#include "jmortem.h"

#define CANDIDATE_SETS 1024
#define CANDIDATE_WAYS 4

/*
 * Processes that may be JVMs, and when each is looked at: at once, and again when it has started
 * more threads, but ever less often, because a look costs a process of ours. The table forgets the
 * oldest ones, which then are looked at as if they were new.
 */
struct candidate {
	struct grown_process process; /* pid 0: free */
	uint64_t next_ns; /* not to be looked at before this time (CLOCK_MONOTONIC) */
	uint32_t interval_ms;
	bool is_due; /* to be looked at then */
};

struct candidates {
	struct candidate table[CANDIDATE_SETS][CANDIDATE_WAYS];
	unsigned int due;
};

/* Whether to look at a process now that was just announced; if not, it may become due later. */
bool candidates_look_now(struct candidates *candidates, const struct grown_process *process,
			 uint64_t now_ns);

/* The process is due at this time, because it can't be looked at now. */
void candidates_postpone(struct candidates *candidates, const struct grown_process *process,
			 uint64_t at_ns);

/* Takes out the one that has been due for the longest time. */
bool candidates_take(struct candidates *candidates, uint64_t now_ns, struct grown_process *process);

/* In how many milliseconds the next one is due; -1: none. */
int candidates_timeout(const struct candidates *candidates, uint64_t now_ns);

#endif
