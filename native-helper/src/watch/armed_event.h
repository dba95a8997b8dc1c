/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARMED_EVENT_H
#define ARMED_EVENT_H

#include "evidence/evidence.h"
#include "probes/probes.h"

/*
 * The event "armed": with what options, and how much of the JVM can be seen.
 * hold_err: 0, or -errno: why no thread of it can be held. level: as capture_level() has it.
 */
void armed_event_write(struct evidence *evidence, const struct config *config,
		       const struct probes *probes, int hold_err, const char *level);

/*
 * The event "ended_early", where the JVM has ended by now: what has not been seen may have been
 * there all the same.
 */
void early_end_write(struct evidence *evidence);

#endif
