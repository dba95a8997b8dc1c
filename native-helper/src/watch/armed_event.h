/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARMED_EVENT_H
#define ARMED_EVENT_H

#include "evidence/evidence.h"
#include "probes/probes.h"

/*
 * The event "armed": what can be seen of this JVM's death, and what can't. hold_err: why it can't
 * be held in its exit, as -errno; 0: it can.
 */
void armed_event_write(struct evidence *evidence, const struct config *config,
		       const struct probes *probes, int hold_err, const char *level);

#endif
