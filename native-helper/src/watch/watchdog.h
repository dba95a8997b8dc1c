/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WATCHDOG_H
#define WATCHDOG_H

#include "base/config.h"
#include "process/jvm.h"
#include "watch/handover.h"

/*
 * Splits the helper in two. The new process, the worker, does everything; this
 * function returns in it. The old one becomes its watchdog: should the worker be
 * killed or stopped while the JVM is frozen, the watchdog lets the JVM go. Should it take too long
 * for anything, or go on when nobody wants it any more, the watchdog ends it. Where the worker was
 * killed while the JVM ended, the watchdog makes the report of what the worker had noted. When the
 * worker has ended it removes the private directory and exits.
 * Returns the shared memory, or NULL with errno set where nothing was started.
 */
struct handover *watchdog_split(const struct config *config, const struct jvm *jvm,
				const volatile struct freeze_state *freeze_state);

/*
 * Called by the worker when all is done. The watchdog ends at once, and with it the
 * last user of the JVM's stderr; unloading BPF takes the worker a while longer.
 */
void watchdog_dismiss(const struct handover *handover);

#endif
