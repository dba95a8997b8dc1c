// SPDX-License-Identifier: Apache-2.0
#include "process/jvm_threads.h"
#include "watch/watch_parts.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/scheduling.h"
#include "evidence/events.h"
#include "watch/work_dir.h"

/* For a JVM that has been asked to end: an exit as asked for is an answer to that. */
#define ANSWER_PATIENCE_NS (300 * NANOS_PER_SECOND)

/* For a dying process's other threads, some of which may be in uninterruptible sleep. */
#define THREADS_PATIENCE_NS (100 * NANOS_PER_MILLI)

/*
 * The first process of a pid namespace takes all others along, us too: what is to be
 * reported of it must be before it is let go. Its memory is still there meanwhile.
 */
static void report_in_time(struct watch *watch, uint64_t start_ns, uint64_t deadline_ns)
{
	watch->died = true;
	inspection_exit_released(&watch->inspection,
				 start_ns); /* until now: the report is part of it */
	watch_save_evidence(watch);
	if (headroom_make(&watch->headroom) >= headroom_needed(&watch->headroom)) {
		watch_report(watch, deadline_ns);
		return;
	}
	watch->is_reported = true;
	watch_finish_walks(watch, deadline_ns);
	kernel_log_capture(&watch->kernel_log, watch->evidence);
	watch_publish_without_reporter(watch);
}

/* A process that has asked to end, and does, has nothing left to show in its exit. */
static bool ended_as_asked(const struct watch *watch)
{
	const struct inspection *inspection = &watch->inspection;

	return inspection->requested_ns &&
	       monotonic_ns() - inspection->requested_ns < ANSWER_PATIENCE_NS &&
	       WIFEXITED(watch->exit_stop_status) &&
	       WEXITSTATUS(watch->exit_stop_status) == 128 + SIGTERM;
}

/*
 * Reads what only the exit can show, and reports where later would be too late. Returns whether it
 * is the process's exit.
 */
static bool look_at_exit(struct watch *watch, uint64_t start_ns, uint64_t patience_ns)
{
	struct inspection *inspection = &watch->inspection;
	enum other_threads others = THREADS_GONE;

	if (!inspection->has_stacks)
		others = jvm_await_other_threads(watch->jvm, monotonic_ns() + THREADS_PATIENCE_NS);
	if (others == THREADS_EXEC) {
		watch->is_other_program = true;
		return false;
	}
	if (others == THREADS_RUN && !watch->exit_stop_status)
		return false; /* the thread has ended alone; the process lives on, and is held no
				 more */
	probes_consume(watch->probes);
	recent_write(watch->recent, watch->evidence);
	event_exiting(watch->evidence, watch->exit_stop_status);
	if (!inspection->has_stacks)
		inspection_exit(inspection, watch->exit_stop_status, !ended_as_asked(watch),
				start_ns +
					patience_ns / 16 * (inspection->holds_for_report ? 7 : 15));
	if (inspection->holds_for_report)
		report_in_time(watch, start_ns, start_ns + patience_ns / 16 * 15);
	return true;
}

/* The watchdog does that, but will not live so long where the namespace ends. */
static void leave_no_files(struct watch *watch)
{
	if (watch->inspection.holds_for_report)
		work_dir_remove(watch->config->work_dir);
}

static void set_kill_timer(const struct watch *watch, uint64_t since_ns)
{
	kill_timer_set(&watch->inspection.kill_timer, since_ns,
		       inspection_patience_left(&watch->inspection));
}

/* Its threads are gone but for the one that is held, and its memory is still there. */
void watch_on_exit_stop(struct watch *watch)
{
	uint64_t since_ns, patience_ns;
	bool is_exit;

	watch_note_death(watch);
	watch->exit_stop_ns = monotonic_ns();
	watch->exit_stop_status = watch->hold.status;
	watch->inspection.holds_for_report = jvm_ends_namespace(watch->jvm);
	if (!watch_is_worth_a_report(watch, watch->exit_stop_status)) {
		leave_no_files(watch);
		hold_release(&watch->hold);
		return;
	}
	set_realtime_priority(true);
	set_kill_timer(watch, watch->exit_stop_ns);
	(void)headroom_make(&watch->headroom);
	probes_consume(watch->probes);
	since_ns = watch->killed_ns ? watch->killed_ns : watch->exit_stop_ns;
	patience_ns = inspection_exit_patience(&watch->inspection);
	/*
	 * All of the deadline: in a cgroup in which the OOM killer has struck we may be waiting
	 * for memory ourselves, until its reaper has taken the victim's after two seconds.
	 */
	set_kill_timer(watch, since_ns);
	is_exit = look_at_exit(watch, since_ns, patience_ns);
	leave_no_files(watch);
	hold_release(&watch->hold);
	kill_timer_stop(&watch->inspection.kill_timer);
	set_realtime_priority(false);
	if (is_exit && !watch->is_reported)
		inspection_exit_released(&watch->inspection, since_ns);
	if (!is_exit && watch->handover)
		watch->handover->has_died = watch->died;
}
