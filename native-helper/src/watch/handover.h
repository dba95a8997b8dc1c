/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HANDOVER_H
#define HANDOVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "evidence/evidence.h"
#include "evidence/recent.h"

/*
 * Memory that worker and watchdog share: written by the worker, read by the watchdog, which goes
 * on with it where the worker was killed.
 */
struct handover {
	/* the SIGSTOP that BPF sent has been replaced by ptrace stops */
	volatile bool done;
	volatile bool
		is_armed; /* the worker watches, and looks after the exit_on_stdin_close itself */
	volatile bool has_died; /* the worker has seen what ends the JVM */
	volatile pid_t reporter; /* 0: not started */
	volatile uint64_t ends_at_ns; /* when the worker's own timer kills it; 0: it has none */
	pid_t watchdog;
	struct text memory; /* for the evidence's lines; .data NULL: they are the worker's alone */
	struct evidence evidence;
	struct recent recent;
};

#endif
