/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HANDOVER_H
#define HANDOVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "evidence/evidence.h"
#include "evidence/recent.h"
#include "watch/told.h"

/*
 * Memory that worker and watchdog share. The worker writes it. If the worker is killed, the
 * watchdog continues with it.
 */
struct handover {
	/* the SIGSTOP that BPF sent has been replaced by ptrace stops */
	volatile bool done;
	volatile bool has_begun; /* the evidence says who is watched */
	volatile bool is_armed; /* the worker watches, and handles exit_on_stdin_close itself */
	volatile bool has_died; /* the worker has recorded what ends the JVM */
	volatile pid_t reporter; /* 0: not started */
	volatile uint64_t ends_at_ns; /* when the worker's own timer kills it; 0: it has none */
	pid_t watchdog;
	struct text memory; /* for lines of evidence; .data NULL: only the worker has them */
	struct evidence evidence;
	struct recent recent;
	struct told told;
};

#endif
