/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LOOK_H
#define LOOK_H

#include <sys/types.h>

#include "base/config.h"
#include "jmortem.h"
#include "probes/programs.h"

/* What the daemon gives to the process that looks at one other process. */
struct look {
	const struct config *config; /* the daemon's */
	struct programs *programs; /* NULL: no BPF here */
	struct grown_process process;
	unsigned int slot; /* of the programs, for this process alone */
	int control; /* socket to the daemon (control.h) */
};

/*
 * Runs in a child of the daemon, because it reads what another user has made, and may hang. Tells
 * the daemon whether the process is a JVM to be watched, and if so, watches it to its end.
 */
_Noreturn void look_at(const struct look *look);

#endif
