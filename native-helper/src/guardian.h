/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GUARDIAN_H
#define GUARDIAN_H

#include <stdbool.h>
#include <sys/types.h>

#include "config.h"
#include "jvm.h"

/* A page that both have: written by the worker, read by the guardian. */
struct handover {
	/* the SIGSTOP that BPF sent has been replaced by ptrace stops */
	volatile bool done;
	volatile bool is_armed; /* the worker watches, and looks after the lifeline itself */
	pid_t guardian;
};

/*
 * Splits the helper in two. The new process, the worker, does everything; this
 * function returns in it. The old one becomes its guardian: should the worker be
 * killed or stopped while the JVM is frozen, the guardian lets the JVM go. Should it take too long
 * for anything, or go on when nobody wants it any more, the guardian ends it. When the
 * worker has ended it removes the private directory and exits.
 * Returns the shared page, or NULL with errno set where nothing was started.
 */
struct handover *guardian_split(const struct config *config, const struct jvm *jvm,
				const volatile struct freeze_state *freeze_state);

/*
 * Called by the worker when all is done. The guardian ends at once, and with it the
 * last user of the JVM's stderr; unloading BPF takes the worker a while longer.
 */
void guardian_dismiss(const struct handover *handover);

#endif
