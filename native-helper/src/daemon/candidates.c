// SPDX-License-Identifier: Apache-2.0
#include "daemon/candidates.h"

#include <string.h>

#include "base/clock.h"

/*
 * A look takes half a millisecond: at the shortest interval that is a hundredth of a CPU, for a
 * process that starts threads all the time less than a thousandth.
 */
#define FIRST_INTERVAL_MS 50
#define LAST_INTERVAL_MS 1000

/* A process that started its first thread since its execve is another program. */
static bool is_same(const struct candidate *candidate, const struct grown_process *process)
{
	const struct grown_process *known = &candidate->process;

	return known->pid == process->pid && process->threads != 1 &&
	       (known->born_ns == process->born_ns || !known->born_ns || !process->born_ns);
}

static void set_due(struct candidates *candidates, struct candidate *candidate, bool is_due)
{
	if (candidate->is_due != is_due)
		candidates->due += is_due ? 1U : -1U;
	candidate->is_due = is_due;
}

/* The place of this pid; or of the one that can best be forgotten. */
static struct candidate *place_of(struct candidates *candidates, uint32_t pid)
{
	struct candidate *set = candidates->table[pid % CANDIDATE_SETS], *oldest = set;

	for (size_t i = 0; i < CANDIDATE_WAYS; i++)
		if (set[i].process.pid == pid)
			return &set[i];
	for (size_t i = 1; i < CANDIDATE_WAYS; i++)
		if (set[i].is_due < oldest->is_due ||
		    (set[i].is_due == oldest->is_due && set[i].next_ns < oldest->next_ns))
			oldest = &set[i];
	return oldest;
}

static void wait_longer(struct candidate *candidate, uint64_t now_ns)
{
	candidate->next_ns = now_ns + candidate->interval_ms * NANOS_PER_MILLI;
	candidate->interval_ms *= 2;
	if (candidate->interval_ms > LAST_INTERVAL_MS)
		candidate->interval_ms = LAST_INTERVAL_MS;
}

bool candidates_look_now(struct candidates *candidates, const struct grown_process *process,
			 uint64_t now_ns)
{
	struct candidate *candidate = place_of(candidates, process->pid);

	if (is_same(candidate, process) && now_ns < candidate->next_ns) {
		candidate->process = *process;
		set_due(candidates, candidate, true);
		return false;
	}
	set_due(candidates, candidate, false);
	if (!is_same(candidate, process))
		candidate->interval_ms = FIRST_INTERVAL_MS;
	candidate->process = *process;
	wait_longer(candidate, now_ns);
	return true;
}

void candidates_postpone(struct candidates *candidates, const struct grown_process *process,
			 uint64_t at_ns)
{
	struct candidate *candidate = place_of(candidates, process->pid);

	candidate->process = *process;
	candidate->next_ns = at_ns;
	candidate->interval_ms = FIRST_INTERVAL_MS;
	set_due(candidates, candidate, true);
}

bool candidates_take(struct candidates *candidates, uint64_t now_ns, struct grown_process *process)
{
	struct candidate *candidate = &candidates->table[0][0], *first = NULL;

	if (!candidates->due)
		return false;
	for (size_t i = 0; i < CANDIDATE_SETS * CANDIDATE_WAYS; i++, candidate++)
		if (candidate->is_due && candidate->next_ns <= now_ns &&
		    (!first || candidate->next_ns < first->next_ns))
			first = candidate;
	if (!first)
		return false;
	set_due(candidates, first, false);
	wait_longer(first, now_ns);
	*process = first->process;
	return true;
}

int candidates_timeout(const struct candidates *candidates, uint64_t now_ns)
{
	const struct candidate *candidate = &candidates->table[0][0];
	uint64_t first = UINT64_MAX;

	if (!candidates->due)
		return -1;
	for (size_t i = 0; i < CANDIDATE_SETS * CANDIDATE_WAYS; i++, candidate++)
		if (candidate->is_due && candidate->next_ns < first)
			first = candidate->next_ns;
	return first <= now_ns ? 0 : (int)((first - now_ns) / NANOS_PER_MILLI) + 1;
}
