// SPDX-License-Identifier: Apache-2.0
#include "watch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"
#include "clock.h"
#include "freeze.h"
#include "record.h"
#include "say.h"

/* More than any death needs; a fault that keeps recurring must not fill the disk. */
#define MAX_RECORDS_AFTER_DEATH 256

#define REPORT_PATIENCE_NS (60 * NANOS_PER_SECOND)

/* For what a walk has found to be written, which no JVM waits for. */
#define WALK_PATIENCE_NS (30 * NANOS_PER_SECOND)

static int add(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return fd < 0 ? 0 : epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/* ---- the moment of death ---------------------------------------------------- */

static void write_recent_signals(struct watch *watch)
{
	size_t n = watch->recent_count < RECENT_SIGNALS ? watch->recent_count : RECENT_SIGNALS;

	for (size_t i = watch->recent_count - n; i < watch->recent_count; i++)
		(void)record_event(watch->evidence, &watch->recent[i % RECENT_SIGNALS],
				   sizeof(watch->recent[0]));
	watch->recent_count = 0;
}

/* What only the living process can tell. */
static void bear_witness(struct watch *watch, struct frozen *frozen, uint64_t deadline_ns)
{
	capture_state(watch->evidence);
	if (frozen)
		capture_threads(watch->evidence, frozen, deadline_ns);
}

/*
 * Ends us, and by that the ptrace stops, should anything hold us up beyond the
 * deadline while we hold the JVM. A timer that can't be made is no reason to stop.
 */
static bool begin_deadline(timer_t *timer, uint64_t patience_ns)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
	struct itimerspec when = {
		.it_value.tv_sec = (time_t)(patience_ns / NANOS_PER_SECOND),
		.it_value.tv_nsec = (long)(patience_ns % NANOS_PER_SECOND),
	};

	return timer_create(CLOCK_MONOTONIC, &event, timer) == 0 &&
	       timer_settime(*timer, 0, &when, NULL) == 0;
}

/*
 * The walk must be over well before the deadline that ends us, and it is given the
 * time to end by itself, since it then has what it found until then.
 */
static void walk(struct watch *watch, const struct frozen *frozen, const struct crash *crash,
		 uint64_t start_ns, uint64_t patience_ns)
{
	struct walker *walker = &watch->walker;

	if (walker_start(walker, watch->evidence, frozen, crash, start_ns + patience_ns / 4 * 3))
		walker_wait(walker, watch->evidence, start_ns + patience_ns / 8 * 7);
}

/*
 * While the JVM is held, nothing is touched that may block: evidence stays in
 * memory, since a disk may hang.
 */
static void freeze_and_witness(struct watch *watch, enum freeze how, const struct crash *crash)
{
	uint64_t start_ns = monotonic_ns();
	uint64_t patience_ns = watch->config->deadline_ms * NANOS_PER_MILLI;
	timer_t timer; /* 0 is a valid one */
	bool has_deadline = begin_deadline(&timer, patience_ns);
	struct evidence *evidence = watch->evidence;
	struct frozen frozen;
	struct json *json;
	int err;

	err = freeze(&frozen, watch->jvm, crash->tid, &watch->probes->freeze_state->caught,
		     how == FREEZE_STOPPED, start_ns + patience_ns / 2);
	watch->handover->done = true;
	if (!err) {
		json = evidence_begin(evidence, "frozen", start_ns);
		json_string(json, "by", freeze_name(how));
		json_int(json, "threads", (int64_t)frozen.count);
		json_nanos(json, "took_ns", monotonic_ns() - start_ns);
		evidence_end(evidence);
		bear_witness(watch, &frozen, start_ns + patience_ns / 2);
		walk(watch, &frozen, crash, start_ns, patience_ns);
		thaw(&frozen);
		json = evidence_begin(evidence, "released", monotonic_ns());
		json_nanos(json, "frozen_ns", monotonic_ns() - start_ns);
		evidence_end(evidence);
	}
	if (has_deadline)
		(void)timer_delete(timer);
	if (err) {
		evidence_problem(evidence, "freeze: %s", strerror(-err));
		bear_witness(watch, NULL, 0);
	}
}

/* how: what BPF did or wants done to stop the process; crash: NULL if that is nothing */
static void on_death(struct watch *watch, enum freeze how, const struct crash *crash)
{
	if (how == FREEZE_OFF)
		bear_witness(watch, NULL, 0);
	else
		freeze_and_witness(watch, how, crash);
	watch->died = true;
	(void)evidence_open(watch->evidence);
	capture_snapshot(watch->evidence);
	if (watch->walker.fd >= 0)
		(void)add(watch->epoll, watch->walker.fd);
}

static void on_fatal_error(struct watch *watch, const struct fatal_error_event *event)
{
	const struct crash crash = {
		.tid = (pid_t)event->header.thread.helper_tid,
		.vtid = event->header.thread.vtid,
		.regs = event->has_fault ? &event->fault.regs : NULL,
	};

	if (event->first)
		on_death(watch, event->freeze, &crash);
}

static void on_abort(struct watch *watch, const struct abort_event *event)
{
	const struct crash crash = {
		.tid = (pid_t)event->header.thread.helper_tid,
		.vtid = event->header.thread.vtid,
		.regs = &event->regs,
	};

	if (event->first)
		on_death(watch, event->freeze, &crash);
}

void watch_on_record(void *context, const void *data, size_t size)
{
	struct watch *watch = context;
	const struct event_header *header = data;

	if (size >= sizeof(watch->recent[0]) && header->kind == EVENT_SIGNAL_SENT && !watch->died) {
		memcpy(&watch->recent[watch->recent_count++ % RECENT_SIGNALS], data,
		       sizeof(watch->recent[0]));
		return;
	}
	if (!watch->died)
		write_recent_signals(watch);
	else if (size >= sizeof(*header) && header->kind != EVENT_EXIT &&
		 watch->after_death++ >= MAX_RECORDS_AFTER_DEATH)
		return; /* it does not die, and goes on as before */
	switch (record_event(watch->evidence, data, size)) {
	case EVENT_FATAL_ERROR:
		on_fatal_error(watch, data);
		break;
	case EVENT_ABORT:
		on_abort(watch, data);
		break;
	case EVENT_FATAL_SIGNAL:
		if (!watch->died)
			on_death(watch, FREEZE_OFF, NULL);
		break;
	case EVENT_EXIT:
		watch->has_status = true;
		watch->status = ((const struct exit_event *)data)->status;
		break;
	default:
		break;
	}
}

/* ---- the end ---------------------------------------------------------------- */

static bool is_worth_a_report(const struct watch *watch)
{
	if (watch->died || !watch->has_status)
		return true; /* without a status the reporter looks for an hs_err */
	if (WIFSIGNALED(watch->status))
		return true;
	switch (watch->config->on_exit) {
	case ON_EXIT_ALWAYS:
		return true;
	case ON_EXIT_NONZERO:
		return WEXITSTATUS(watch->status) != 0;
	default:
		return false;
	}
}

static void find_status(struct watch *watch)
{
	struct json *json;

	if (watch->has_status || jvm_exit_status(watch->jvm, &watch->status))
		return;
	watch->has_status = true;
	json = evidence_begin(watch->evidence, "exit", monotonic_ns());
	json_int(json, "status", watch->status);
	evidence_end(watch->evidence);
}

/* Children are the reporter, and tracees that stopped too late to be let go. */
static void reap_children(struct watch *watch)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL | WNOHANG)) > 0) {
		if (pid == watch->reporter.pid) {
			watch->reporter.ended = true;
			watch->reporter.status = status;
		} else {
			thaw_late(pid, status);
		}
	}
}

static void wait_for_reporter(struct watch *watch)
{
	uint64_t deadline_ns = monotonic_ns() + REPORT_PATIENCE_NS;
	const struct timespec step = { .tv_sec = 1 };
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	reap_children(watch);
	while (!watch->reporter.ended && monotonic_ns() < deadline_ns) {
		(void)sigtimedwait(&child, NULL, &step);
		reap_children(watch);
	}
	if (!watch->reporter.ended)
		kill(watch->reporter.pid, SIGKILL);
}

static void publish_without_reporter(struct watch *watch)
{
	const struct reporter *reporter = &watch->reporter;
	char why[64] = "the reporter could not be started";

	if (reporter->pid && !reporter->ended)
		(void)snprintf(why, sizeof(why), "the reporter did not end");
	else if (reporter->pid && WIFSIGNALED(reporter->status))
		(void)snprintf(why, sizeof(why), "the reporter was ended by signal %d",
			       WTERMSIG(reporter->status));
	else if (reporter->pid)
		(void)snprintf(why, sizeof(why), "the reporter exited with status %d",
			       WEXITSTATUS(reporter->status));
	evidence_publish(watch->evidence);
	say("no verdict, since %s; the evidence -> %s", why, watch->evidence->path);
}

static void on_end(struct watch *watch)
{
	struct evidence *evidence = watch->evidence;
	int err;

	probes_consume(watch->probes);
	walker_finish(&watch->walker, evidence, monotonic_ns() + WALK_PATIENCE_NS);
	find_status(watch);
	if (!is_worth_a_report(watch))
		return;
	if (!watch->died) {
		write_recent_signals(watch);
		on_death(watch, FREEZE_OFF, NULL);
	}
	probes_count(watch->probes, evidence);
	json_bool(evidence_begin(evidence, "complete", monotonic_ns()), "status",
		  watch->has_status);
	evidence_end(evidence);
	if (evidence->fd < 0)
		return; /* said already */
	err = reporter_start(&watch->reporter, watch->config, evidence->path);
	if (err)
		evidence_problem(evidence, "reporter: can't start: %s", strerror(-err));
	else
		wait_for_reporter(watch);
	if (!watch->reporter.ended || watch->reporter.status)
		publish_without_reporter(watch);
}

/* ---- waiting ---------------------------------------------------------------- */

static void on_children(struct watch *watch, int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		;
	reap_children(watch);
}

void watch_run(struct watch *watch)
{
	struct epoll_event event;
	sigset_t child;
	int children;

	walker_init(&watch->walker);
	watch->epoll = epoll_create1(EPOLL_CLOEXEC);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (watch->epoll < 0 || children < 0 || add(watch->epoll, watch->jvm->pidfd) ||
	    add(watch->epoll, children) || add(watch->epoll, probes_fd(watch->probes))) {
		say("can't watch process %d: %s", watch->jvm->pid, strerror(errno));
		return;
	}
	for (;;) {
		if (epoll_wait(watch->epoll, &event, 1, -1) < 0 && errno != EINTR)
			break;
		probes_consume(watch->probes);
		if (jvm_has_ended(watch->jvm))
			break;
		on_children(watch, children);
		walker_consume(&watch->walker, watch->evidence);
	}
	on_end(watch);
	close(children);
	close(watch->epoll);
}
