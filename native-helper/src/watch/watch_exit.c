// SPDX-License-Identifier: Apache-2.0
#include "watch/watch_parts.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/scheduling.h"
#include "evidence/events.h"
#include "process/jvm_threads.h"
#include "watch/termination.h"
#include "watch/work_dir.h"

/* How long to wait for other threads of a dying process, which may be in uninterruptible sleep. */
#define THREADS_PATIENCE_NS (100 * NANOS_PER_MILLI)

bool watch_must_report_first(struct watch *watch)
{
	return termination_find(watch->config, watch->jvm, watch->termination,
				sizeof(watch->termination)) ||
	       jvm_ends_namespace(watch->jvm);
}

/* In case there is no report in time. */
static void write_plain_message(struct watch *watch, uint64_t deadline_ns)
{
	char line[512] = "jmortem: ";
	size_t len = strlen(line);

	if (!*watch->termination)
		return;
	watch_plain_line(watch, line + len, sizeof(line) - len - 1);
	text_make_harmless(line, strlen(line));
	len = strlen(line);
	(void)snprintf(line + len, sizeof(line) - len, "\n");
	(void)termination_write(watch->evidence, watch->termination, line, deadline_ns);
}

static void write_first_screen(const struct watch *watch, uint64_t deadline_ns)
{
	char message[TERMINATION_MAX + 1];

	if (*watch->termination &&
	    termination_first_screen(watch->evidence, message, sizeof(message)))
		(void)termination_write(watch->evidence, watch->termination, message, deadline_ns);
}

/*
 * When the first process of a pid namespace exits, all others are killed, including us. When a
 * container ends, its runtime reads its termination message. So the report must be made before the
 * process is released. Its memory still exists until then.
 */
static void report_in_time(struct watch *watch, uint64_t start_ns, uint64_t deadline_ns)
{
	watch->died = true;
	inspection_exit_released(&watch->inspection,
				 start_ns); /* until now: the time of the report is included */
	watch_save_evidence(watch);
	watch->plain.memory_left = headroom_make(&watch->headroom);
	write_plain_message(watch, deadline_ns);
	if (!jvm_ends_namespace(watch->jvm)) {
		if (watch_report_until(watch, deadline_ns))
			write_first_screen(watch, deadline_ns);
		return;
	}
	if (watch->plain.memory_left >= headroom_needed(&watch->headroom)) {
		watch_report(watch, deadline_ns);
		write_first_screen(watch, deadline_ns);
		return;
	}
	watch->is_reported = true;
	watch_finish_walks(watch, deadline_ns);
	kernel_log_capture(&watch->kernel_log, watch->evidence);
	watch_publish_without_reporter(watch);
}

/*
 * Reads what only the exit can show, and makes the report if later would be too late. Returns
 * whether the process is exiting, and not only the thread.
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
	watch->end_arming(watch);
	probes_consume(watch->probes);
	recent_write(watch->recent, watch->evidence);
	event_exiting(watch->evidence, watch->exit_stop_status);
	if (!inspection->has_stacks)
		inspection_exit(inspection, watch->exit_stop_status,
				!watch_ended_as_asked(watch, watch->exit_stop_status),
				start_ns +
					patience_ns / 16 * (inspection->holds_for_report ? 7 : 15));
	if (inspection->holds_for_report)
		report_in_time(watch, start_ns, start_ns + patience_ns / 16 * 15);
	return true;
}

/* The watchdog does this, too, but it is killed if the namespace ends. */
static void leave_no_files(struct watch *watch)
{
	if (jvm_ends_namespace(watch->jvm))
		work_dir_remove(watch->config->work_dir);
}

static void set_kill_timer(const struct watch *watch, uint64_t since_ns)
{
	kill_timer_set(&watch->inspection.kill_timer, since_ns,
		       inspection_patience_left(&watch->inspection));
}

/* Only the held thread is left, and the memory still exists. */
void watch_on_exit_stop(struct watch *watch)
{
	uint64_t since_ns, patience_ns;
	bool is_exit;

	watch_note_death(watch);
	watch->exit_stop_ns = monotonic_ns();
	watch->exit_stop_status = watch->hold.status;
	watch->inspection.holds_for_report = watch_must_report_first(watch);
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
	 * Use the whole deadline: after an OOM kill in our cgroup, we may wait for memory
	 * ourselves, until the OOM reaper has freed the victim's memory after two seconds.
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
