/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RECENT_H
#define RECENT_H

#include <stddef.h>
#include <stdint.h>

#include "evidence/evidence.h"
#include "jmortem.h"

#define RECENT_KINDS (EVENT_DEBUGGER + 1)
#define RECENT_RECORDS 64

/* One record as BPF sent it; signal_sent is the largest of them. */
union recent_record {
	struct event_header header;
	struct signal_sent_event largest;
};

/*
 * The last records of each kind, of a living process. Records may come for months, or a million in
 * a second, so a bounded number is kept, and the others are counted.
 */
struct recent {
	union recent_record records[RECENT_RECORDS];
	uint64_t count[RECENT_KINDS]; /* all records since the last recent_write() */
};

/* Touches the memory, because it may not be available later. */
void recent_init(struct recent *recent);

/* size: checked by record_kind(). */
void recent_keep(struct recent *recent, enum event_kind kind, const void *data, size_t size);

/* Writes the records in order of time, and how many were left out; then clears them. */
void recent_write(struct recent *recent, struct evidence *evidence);

#endif
