/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WATCH_H
#define WATCH_H

#include <signal.h>

#include "evidence/evidence.h"
#include "evidence/kernel_log.h"
#include "evidence/plain_verdict.h"
#include "evidence/recent.h"
#include "java/reporter.h"
#include "probes/probes.h"
#include "process/headroom.h"
#include "process/hold.h"
#include "watch/handover.h"
#include "watch/inspection.h"

/* Ends a watch. No program sends it by accident, as a service's end may SIGTERM. */
#define SIGNAL_DISMISS SIGRTMIN

/* One JVM's watch, from arming to its report. */
struct watch {
	const struct config *config;
	const struct jvm *jvm;
	struct evidence *evidence;
	struct probes *probes;
	struct handover *handover;
	struct hold hold;
	struct inspection inspection;
	struct reporter reporter;
	void (*complete)(struct watch *watch); /* called once, for a JVM that has lived a while */
	int epoll;
	char let_go[96]; /* why it was held no more before it died; empty: it was, or never */
	struct kernel_log kernel_log;
	struct headroom headroom; /* memory for what we do */
	struct recent *recent; /* what is kept for the day of death */
	struct plain_verdict plain; /* for when there can be no other */
	size_t armed_at; /* where in the evidence it is said how it was armed */
	bool died; /* decisive evidence was seen */
	bool is_reported;
	bool is_other_program; /* by execve: no JVM of ours any more */
	bool is_dismissed; /* another one watches from now on, or nobody wants it any more */
	unsigned int after_death; /* records since */
	bool has_status;
	uint32_t status; /* as wait(2) gives it */
	uint64_t killed_ns; /* when the kernel ended the thread that is held; 0: not seen */
	uint64_t exit_stop_ns; /* when that was found in its exit; 0: not yet */
	uint32_t exit_stop_status; /* what that said of the process's status */
};

/* A record from BPF; context is the struct watch. */
void watch_on_record(void *context, const void *data, size_t size);

/*
 * Runs until the JVM has ended and its report is made. Sleeps while nothing
 * happens. Expects every signal to be blocked. SIGNAL_DISMISS, or the end of
 * standard input where that is the exit_on_stdin_close, ends it without a report. SIGUSR1 ends the
 * hold, for those who need to trace the thread themselves; SIGUSR2 begins it again.
 */
void watch_run(struct watch *watch);

/* Of one that has ended before: reports what there is to report. */
void watch_end(struct watch *watch);

#endif
