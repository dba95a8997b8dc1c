/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WATCH_H
#define WATCH_H

#include <signal.h>

#include "evidence/evidence.h"
#include "evidence/kernel_log.h"
#include "evidence/plain_report.h"
#include "evidence/recent.h"
#include "java/reporter.h"
#include "probes/probes.h"
#include "process/headroom.h"
#include "process/hold.h"
#include "watch/handover.h"
#include "watch/inspection.h"
#include "watch/loading.h"
#include "watch/session.h"

/* Ends a watch. Other programs do not send it, unlike SIGTERM at the stop of a service. */
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
	void (*complete)(struct watch *watch); /* called once, after the JVM has lived a while */
	/* called when BPF is loaded, or when the JVM dies before; calls after the first do nothing
	 */
	void (*end_arming)(struct watch *watch);
	struct loading loading;
	int hold_err; /* why there is no hold; 0: there is one */
	int answered_fd; /* to be closed after the answer; negative: none */
	bool is_armed; /* the answer is given */
	bool is_too_late; /* the JVM died while it was being armed */
	int epoll;
	char let_go[96]; /* why the hold was released before the death; empty: it was not */
	struct kernel_log kernel_log;
	struct headroom headroom; /* the memory that we may use */
	struct session session; /* with the JVM's agent, if the watch is the daemon's */
	const struct told *told; /* by the agent, kept for the death; NULL: nothing */
	struct recent *recent; /* the last records, kept for the death */
	struct plain_verdict plain; /* used if no reporter can be started */
	size_t armed_at; /* the offset of the event "armed" in the evidence */
	bool died; /* decisive evidence was recorded */
	bool is_reported;
	bool is_being_reported; /* its reporter has not ended, and nobody waits for it now */
	bool is_other_program; /* it executed another program, so it is no longer the JVM */
	bool is_dismissed; /* another helper takes over, or the watch was ended */
	unsigned int after_death; /* records since the death */
	bool has_status;
	uint32_t status; /* as wait(2) gives it */
	char termination[PATH_MAX]; /* path of the container's termination message; empty: none */
	uint64_t killed_ns; /* when the kernel ended the held thread; 0: not recorded */
	uint64_t exit_stop_ns; /* when its exit stop was found; 0: not yet */
	uint32_t exit_stop_status; /* the process's status at the exit stop */
};

/* Handles a record from BPF; context is the struct watch. */
void watch_on_record(void *context, const void *data, size_t size);

/*
 * Runs until the JVM has ended and its report is made. It sleeps while nothing happens, and expects
 * every signal to be blocked. SIGNAL_DISMISS ends the watch without a report; so does the end of
 * standard input with exit_on_stdin_close. SIGUSR1 releases the hold, so that another process can
 * trace the thread; SIGUSR2 takes it again.
 */
void watch_run(struct watch *watch);

/* For a JVM that has already ended: makes the report. */
void watch_end(struct watch *watch);

#endif
