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
 * The last records of each kind, of a process that lives. Records may come for months, or a
 * million in a second: what is kept has a bound, the rest is counted.
 */
struct recent {
	union recent_record records[RECENT_RECORDS];
	uint64_t count[RECENT_KINDS]; /* of all that have come since the last recent_write() */
};

/* Where memory has run out it must be there already. */
void recent_init(struct recent *recent);

/* size: as record_kind() has found it right. */
void recent_keep(struct recent *recent, enum event_kind kind, const void *data, size_t size);

/* Writes them in order of time, and how many of each kind were left out; then there are none. */
void recent_write(struct recent *recent, struct evidence *evidence);

#endif
