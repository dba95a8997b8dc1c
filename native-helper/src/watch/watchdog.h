/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WATCHDOG_H
#define WATCHDOG_H

#include "base/config.h"
#include "process/jvm.h"
#include "watch/handover.h"

/*
 * Splits the helper in two. This function returns in the new process, the worker, which does
 * everything. The old process becomes its watchdog. If the worker is killed or stopped while the
 * JVM is frozen, the watchdog releases the JVM. If the worker takes too long for a step, or
 * continues after its watch was ended, the watchdog kills it. If the worker was killed while the
 * JVM died, the watchdog makes the report from what the worker recorded. When the worker has ended,
 * the watchdog removes the private directory and exits. Returns the shared memory, or NULL with
 * errno set if no process was started.
 */
struct handover *watchdog_split(const struct config *config, const struct jvm *jvm,
				const volatile struct watch_state *state);

/*
 * The worker calls this when it is done. The watchdog, the last user of the JVM's stderr, ends at
 * once; the worker takes longer, because it unloads BPF.
 */
void watchdog_dismiss(const struct handover *handover);

#endif
