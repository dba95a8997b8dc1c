// SPDX-License-Identifier: Apache-2.0
#include "evidence/recent.h"

#include <inttypes.h>
#include <string.h>

#include "evidence/events.h"
#include "evidence/record.h"

/* How many of each kind are kept. A frequent kind can't displace another one. */
static const unsigned char kept[RECENT_KINDS] = {
	[EVENT_SIGNAL_SENT] = 32, [EVENT_FATAL_ERROR] = 4, [EVENT_ABORT] = 4,
	[EVENT_FATAL_SIGNAL] = 8, [EVENT_EXIT] = 1,	   [EVENT_EXIT_CALLED] = 4,
	[EVENT_OOM_VICTIM] = 4,	  [EVENT_EXEC] = 1,	   [EVENT_DEBUGGER] = 4,
};

static const char *const names[RECENT_KINDS] = {
	[EVENT_SIGNAL_SENT] = "signals sent",
	[EVENT_FATAL_ERROR] = "fatal errors",
	[EVENT_ABORT] = "calls of abort()",
	[EVENT_FATAL_SIGNAL] = "signals that took their default action",
	[EVENT_EXIT] = "exits",
	[EVENT_EXIT_CALLED] = "calls of exit()",
	[EVENT_OOM_VICTIM] = "victims of the OOM killer",
	[EVENT_EXEC] = "execs",
	[EVENT_DEBUGGER] = "debuggers",
};

/* The index of the first record of a kind; records of a kind are consecutive. */
static size_t begin_of(size_t kind)
{
	size_t begin = 0;

	for (size_t i = 0; i < kind; i++)
		begin += kept[i];
	return begin;
}

void recent_init(struct recent *recent)
{
	memset(recent, 0, sizeof(*recent));
}

void recent_keep(struct recent *recent, enum event_kind kind, const void *data, size_t size)
{
	uint64_t slots = (size_t)kind < RECENT_KINDS ? kept[kind] : 0;
	union recent_record *record;

	if (!slots)
		return;
	record = &recent->records[begin_of(kind) + recent->count[kind] % slots];
	memcpy(record, data, size < sizeof(*record) ? size : sizeof(*record));
	recent->count[kind]++; /* last, because we may be killed in between */
}

static void tell_left_out(const struct recent *recent, struct evidence *evidence)
{
	for (size_t kind = 0; kind < RECENT_KINDS; kind++)
		if (recent->count[kind] > kept[kind])
			evidence_problem(
				evidence, PART_RECORDS,
				"%" PRIu64
				" earlier %s were only counted; the last %u are in the evidence",
				recent->count[kind] - kept[kind], names[kind], kept[kind]);
}

void recent_write(struct recent *recent, struct evidence *evidence)
{
	const union recent_record *ordered[RECENT_RECORDS];
	size_t count = 0;

	for (size_t kind = 0; kind < RECENT_KINDS; kind++)
		for (size_t i = 0; i < kept[kind] && i < recent->count[kind]; i++) {
			const union recent_record *record = &recent->records[begin_of(kind) + i];
			size_t at = count++;

			for (; at && ordered[at - 1]->header.time_ns > record->header.time_ns; at--)
				ordered[at] = ordered[at - 1];
			ordered[at] = record;
		}
	for (size_t i = 0; i < count; i++)
		(void)record_event(evidence, ordered[i], sizeof(*ordered[i]));
	tell_left_out(recent, evidence);
	memset(recent->count, 0, sizeof(recent->count));
}
