// SPDX-License-Identifier: Apache-2.0
#include "watch/watch_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_line.h"
#include "base/scheduling.h"
#include "evidence/capture.h"
#include "evidence/events.h"
#include "evidence/history.h"
#include "evidence/grant.h"
#include "java/protocol.h"
#include "process/freeze.h"
#include "process/pod.h"
#include "process/privileges.h"

/* Time for a walker to write its result, while no JVM waits. */
#define WALK_PATIENCE_NS (30 * NANOS_PER_SECOND)

/* How long after a SIGTERM an exit with its status counts as caused by it. */
#define ANSWER_PATIENCE_NS (300 * NANOS_PER_SECOND)

bool watch_ended_as_asked(const struct watch *watch, uint32_t status)
{
	const struct inspection *inspection = &watch->inspection;

	return inspection->requested_ns &&
	       monotonic_ns() - inspection->requested_ns < ANSWER_PATIENCE_NS &&
	       WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGTERM;
}

/* Every service of a host is stopped now and then: the daemon has a line for that. */
static bool is_history(const struct watch *watch, uint32_t status)
{
	return watch->config->control_fd && watch_ended_as_asked(watch, status);
}

bool watch_is_worth_a_report(const struct watch *watch, uint32_t status)
{
	if (watch->died || WIFSIGNALED(status))
		return true;
	switch (watch->config->on_exit) {
	case ON_EXIT_ALWAYS:
		return true;
	case ON_EXIT_NONZERO:
		return WEXITSTATUS(status) != 0 && !is_history(watch, status);
	default:
		return false;
	}
}

void watch_find_status(struct watch *watch)
{
	bool was_last = monotonic_ns() - watch->exit_stop_ns < NANOS_PER_SECOND;

	if (watch->has_status)
		return;
	if (jvm_exit_status(watch->jvm, &watch->status)) {
		if (!watch->exit_stop_ns || !was_last)
			return;
		watch->status = watch->exit_stop_status;
	}
	watch->has_status = true;
	event_exit(watch->evidence, watch->status);
}

/*
 * Children and tracees are the reporter, the held thread, and threads that stopped too late. The
 * thread that loads BPF has children of its own.
 */
void watch_reap_children(struct watch *watch)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL | __WNOTHREAD | WNOHANG)) > 0) {
		if (pid == watch->reporter.pid) {
			watch->reporter.ended = true;
			watch->reporter.status = status;
		} else if (pid == watch->reporter.files) {
			watch->reporter.files = 0; /* the pid may be reused from now on */
		} else if (pid == watch->inspection.walker.pid) {
			watch->inspection.walker.pid = 0;
		} else if (pid == watch->inspection.request_walker.pid) {
			watch->inspection.request_walker.pid = 0;
		} else if (pid == watch->hold.tid) {
			hold_on_status(&watch->hold, status);
		} else {
			thaw_late(pid, status);
		}
	}
}

static void wait_for_reporter(struct watch *watch, uint64_t deadline_ns)
{
	const struct timespec step = { .tv_sec = 1 };
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	watch_reap_children(watch);
	while (!watch->reporter.ended && monotonic_ns() < deadline_ns) {
		uint64_t left_ns = deadline_ns - monotonic_ns();
		struct timespec rest = { .tv_nsec = (long)(left_ns % NANOS_PER_SECOND) };

		(void)sigtimedwait(&child, NULL, left_ns < NANOS_PER_SECOND ? &rest : &step);
		watch_reap_children(watch);
	}
}

static void note_status(struct watch *watch)
{
	watch->plain.has_status = watch->has_status || watch->exit_stop_ns;
	watch->plain.status = watch->has_status ? watch->status : watch->exit_stop_status;
}

void watch_plain_line(struct watch *watch, char *line, size_t size)
{
	note_status(watch);
	plain_verdict_line(&watch->plain, watch->evidence, line, size);
}

/* From now on, other processes may make the report, as soon as we have ended. */
static void publish_plainly(struct watch *watch, const char *missing, char *line, size_t size)
{
	note_status(watch);
	plain_report_write(&watch->plain, watch->evidence, missing, line, size);
	evidence_publish(watch->evidence);
}

void watch_publish_without_reporter(struct watch *watch)
{
	const struct reporter *reporter = &watch->reporter;
	char why[64] = "the reporter could not be started", missing[128], plain[400];

	if (reporter->pid && !reporter->ended)
		(void)snprintf(why, sizeof(why), "the reporter did not finish in time");
	else if (reporter->pid && WIFSIGNALED(reporter->status))
		(void)snprintf(why, sizeof(why), "the reporter was ended by signal %d",
			       WTERMSIG(reporter->status));
	else if (reporter->pid)
		(void)snprintf(why, sizeof(why), "the reporter exited with status %d",
			       WEXITSTATUS(reporter->status));
	(void)snprintf(missing, sizeof(missing), "all but this verdict: %s", why);
	publish_plainly(watch, missing, plain, sizeof(plain));
	log_line("%s; no full report, because %s; unredacted evidence for `jmortem rebuild` "
		 "-> %s",
		 plain, why, watch->evidence->path);
}

/*
 * Before a reporter that has little time: whatever ends it or us, a verdict is there. The reporter
 * replaces it.
 */
static void publish_in_advance(struct watch *watch)
{
	char line[400];

	publish_plainly(watch, "all but this verdict: the report was still being made", line,
			sizeof(line));
}

void watch_finish_walks(struct watch *watch, uint64_t deadline_ns)
{
	uint64_t patience_ns = monotonic_ns() + WALK_PATIENCE_NS;

	if (deadline_ns > patience_ns)
		deadline_ns = patience_ns;
	walker_finish(&watch->inspection.request_walker, watch->evidence, deadline_ns);
	walker_finish(&watch->inspection.walker, watch->evidence, deadline_ns);
}

/* By the cgroup at the beginning: a process that has ended has none. */
static void capture_pod(const struct watch *watch)
{
	struct pod pod;
	int logs;

	if (!pod_of_cgroup(&pod, watch->kernel_log.cgroup))
		return;
	logs = open("/var/log", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (logs >= 0) {
		pod_find_names(&pod, logs);
		close(logs);
	}
	event_pod(watch->evidence, &pod);
}

/*
 * The report of a process whose user was not always the same may hold what that user must not read:
 * the kernel does not let it read such a process either.
 */
static void grant_to_user(const struct watch *watch)
{
	const struct evidence *evidence = watch->evidence;
	const struct jvm_user *user = &evidence->user;
	char path[PATH_MAX + REPORT_ID_LEN];

	if (!watch->config->is_for_tenant || !user->is_known || !user->uid ||
	    user->uid != user->fsuid || !evidence_find_published(evidence, path, sizeof(path)))
		return;
	store_grant(evidence->dir_fd, user->uid);
}

/* Two hundred deaths on two CPUs need this long; the watchdog waits longer. */
#define REPORT_TURN_PATIENCE_NS (150 * NANOS_PER_SECOND)

/* Whether this report may be made now. If not, the next who comes makes it (UnfinishedReports). */
static bool take_turn(struct watch *watch, struct turn *turn)
{
	char missing[128], plain[400];

	turn_open(turn, TURN_OF_REPORTS);
	if (turn_take(turn, monotonic_ns() + REPORT_TURN_PATIENCE_NS))
		return true;
	(void)snprintf(missing, sizeof(missing),
		       "all but this verdict: %u other reports were made first", turn->others);
	publish_plainly(watch, missing, plain, sizeof(plain));
	log_line("%s; the full report comes later, because %u others were made first -> %s", plain,
		 turn->others, watch->evidence->path);
	return false;
}

static void end_turn(struct turn *turn)
{
	turn_end(turn);
	turn_close(turn);
}

static bool start_reporter(struct watch *watch)
{
	int err;

	/* where the end of the process ends us, too */
	if (jvm_ends_namespace(watch->jvm) && watch->inspection.holds_for_report)
		publish_in_advance(watch);
	err = reporter_start(&watch->reporter, watch->config, watch->evidence,
			     watch->inspection.holds_for_report);
	if (err)
		evidence_problem(watch->evidence, PART_REPORTER, "can't start: %s", strerror(-err));
	else if (watch->handover)
		watch->handover->reporter = watch->reporter.pid;
	return !err;
}

/* Returns whether to try again in another directory, because this one is full. */
static bool settle(struct watch *watch)
{
	struct reporter *reporter = &watch->reporter;

	reporter_end(reporter);
	reporter_settle(reporter, watch->evidence);
	return reporter->ended && WIFEXITED(reporter->status) &&
	       WEXITSTATUS(reporter->status) == REPORTER_CANT_WRITE &&
	       evidence_move(watch->evidence, -ENOSPC);
}

/* has_begun: a reporter has been started already. */
static void make_report(struct watch *watch, uint64_t deadline_ns, bool has_begun)
{
	watch->is_being_reported = false;
	while (has_begun || start_reporter(watch)) {
		wait_for_reporter(watch, deadline_ns);
		has_begun = false;
		if (!settle(watch))
			break;
	}
	if ((!watch->reporter.ended || watch->reporter.status) &&
	    !evidence_has_report(watch->evidence))
		watch_publish_without_reporter(watch);
	grant_to_user(watch);
}

/* The last events. Returns false if it was reported already. */
static bool complete_evidence(struct watch *watch, uint64_t deadline_ns)
{
	struct evidence *evidence = watch->evidence;

	watch->is_reported = true;
	watch_finish_walks(watch, deadline_ns);
	if (*watch->let_go && !watch->inspection.has_stacks)
		evidence_problem(evidence, PART_STACKS,
				 "the hold was released before the process ended, because %s",
				 watch->let_go);
	kernel_log_capture(&watch->kernel_log, evidence);
	capture_pod(watch);
	privileges_raise();
	probes_count(watch->probes, evidence);
	privileges_lower();
	event_complete(evidence, watch->has_status);
	return evidence->fd >= 0;
}

static void remove_surplus(struct watch *watch)
{
	if (reporter_start_keeper(&watch->reporter, watch->config, watch->evidence)) {
		wait_for_reporter(watch, monotonic_ns() + REPORT_PATIENCE_NS);
		reporter_end(&watch->reporter);
	}
}

void watch_report(struct watch *watch, uint64_t deadline_ns)
{
	bool is_awaited = watch->inspection.holds_for_report;
	struct turn turn = { .fd = -1 };

	if (!is_awaited) { /* leave the CPU to JVMs that are still held */
		if (!watch->config->is_one_of_many)
			set_normal_priority();
		turn_let_others(&watch->inspection.turn,
				monotonic_ns() + watch->config->deadline_ms * NANOS_PER_MILLI);
		deadline_ns = monotonic_ns() + REPORT_PATIENCE_NS;
	}
	if (!complete_evidence(watch, deadline_ns))
		return;
	if (is_awaited)
		make_report(watch, deadline_ns, false);
	else if (take_turn(watch, &turn))
		make_report(watch, monotonic_ns() + REPORT_PATIENCE_NS, false);
	else
		grant_to_user(watch);
	end_turn(&turn);
}

bool watch_report_until(struct watch *watch, uint64_t deadline_ns)
{
	bool has_begun;

	if (!complete_evidence(watch, deadline_ns))
		return false;
	has_begun = start_reporter(watch);
	if (has_begun)
		wait_for_reporter(watch, deadline_ns);
	watch->is_being_reported = has_begun && !watch->reporter.ended;
	if (watch->is_being_reported)
		return false;
	make_report(watch, deadline_ns, has_begun);
	return true;
}

static void add_to_history(const struct watch *watch)
{
	const struct config *config = watch->config;
	const struct history_line line = {
		.event = "ended",
		.pid = config->pid,
		.user = watch->evidence->user.uid,
		.has_status = true,
		.status = watch->status,
		.name = config->jvm_name,
		.cgroup = config->jvm_cgroup,
	};
	int directory = evidence_open_reports(config->dir);

	if (directory < 0)
		return;
	(void)history_add(directory, &line);
	close(directory);
}

void watch_end(struct watch *watch)
{
	probes_consume(watch->probes);
	if (watch->end_arming)
		watch->end_arming(watch);
	watch_find_status(watch);
	/* without a status, the reporter looks for hs_err */
	if (watch->is_being_reported)
		make_report(watch, monotonic_ns() + REPORT_PATIENCE_NS, true);
	if (watch->is_reported) {
		remove_surplus(watch);
		return;
	}
	if (watch->has_status && !watch_is_worth_a_report(watch, watch->status)) {
		if (is_history(watch, watch->status))
			add_to_history(watch);
		return;
	}
	recent_write(watch->recent, watch->evidence);
	if (!watch->died)
		watch_on_death(watch, FREEZE_OFF, 0);
	if (!watch->inspection.has_state) /* only the cgroup of the process is left */
		capture_state(watch->evidence, 0);
	watch_save_evidence(watch);
	watch_report(watch, monotonic_ns() + REPORT_PATIENCE_NS);
	remove_surplus(watch);
}
