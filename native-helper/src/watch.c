// SPDX-License-Identifier: Apache-2.0
#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "answer.h"
#include "capture.h"
#include "clock.h"
#include "freeze.h"
#include "privileges.h"
#include "record.h"
#include "say.h"
#include "session.h"
#include "work_dir.h"

/*
 * More than any death needs. What comes then is kept as before the death: a process that survives
 * its abort() may live on, and a fault that keeps recurring must not fill the disk.
 */
#define MAX_RECORDS_AFTER_DEATH 256

#define REPORT_PATIENCE_NS (60 * NANOS_PER_SECOND)

/* For what a walk has found to be written, which no JVM waits for. */
#define WALK_PATIENCE_NS (30 * NANOS_PER_SECOND)

/* A JVM of a build may live for less, and must not be kept from its end. */
#define SHORT_LIFE_MS 3000

/* How often it is looked whether a walker need not rest any more. */
#define REST_MS 50

/* For a JVM that has been asked to end: an exit as asked for is an answer to that. */
#define ANSWER_PATIENCE_NS (300 * NANOS_PER_SECOND)

/* For a dying process's other threads, some of which may be in uninterruptible sleep. */
#define THREADS_PATIENCE_NS (100 * NANOS_PER_MILLI)

static int add(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return fd < 0 ? 0 : epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/* ---- the moment of death ---------------------------------------------------- */

/*
 * From here on the evidence goes to disk as it comes. Not as long as a thread is held: a
 * disk may hang, and the process would with it.
 */
static void save_evidence(struct watch *watch)
{
	if (watch->evidence->opened)
		return;
	(void)evidence_open(watch->evidence);
	capture_snapshot(watch->evidence);
}

/* Should we be killed now, it is up to the guardian. */
static void note_death(const struct watch *watch)
{
	if (watch->handover)
		watch->handover->has_died = true;
}

/* how: what BPF did or wants done to stop the process, at that time */
static void on_death(struct watch *watch, enum freeze how, uint64_t time_ns)
{
	if (watch->hold.is_exiting)
		return; /* too late for a freeze: what is left to be seen is seen there */
	recent_write(watch->recent, watch->evidence);
	watch->died = true;
	note_death(watch);
	watch->witness.holds_for_report = jvm_ends_namespace(watch->jvm);
	if (how != FREEZE_OFF)
		witness_fault(&watch->witness, how, time_ns);
	if (watch->witness.walker.fd >= 0)
		(void)add(watch->epoll, watch->witness.walker.fd);
	if (!jvm_has_ended(watch->jvm) && room_left(&watch->room) < ROOM_FOR_A_LOOK)
		return; /* it goes on, and needs what is left */
	if (!watch->witness.has_state)
		capture_state(watch->evidence, CAPTURE_MAX_MAPS);
	if (!watch->hold.tid)
		save_evidence(watch);
}

/*
 * The first thread that ran into it is the one to blame for what others do then. That one
 * has called exit() is no crash: what goes wrong after it, in an exit handler, counts more.
 */
static void blame(struct watch *watch, const struct event_header *header,
		  const struct user_registers *regs)
{
	struct witness *witness = &watch->witness;
	bool is_exit = header->kind == EVENT_EXIT_CALLED;

	kernel_log_add(&watch->kernel_log, (pid_t)header->thread.tid);
	kernel_log_add(&watch->kernel_log, (pid_t)header->thread.tgid);
	if (witness->has_crash && (is_exit || !witness->has_exited))
		return;
	witness->has_crash = true;
	witness->has_exited = is_exit;
	witness->crash = (struct crash) {
		.tid = (pid_t)header->thread.helper_tid,
		.vtid = header->thread.vtid,
		.has_regs = regs,
	};
	if (!regs)
		return;
	witness->crash.regs = record_stack_registers(regs);
	witness->crash.rbx = regs->rbx;
	witness->crash.r12 = regs->r12;
	witness->crash.r14 = regs->r14;
	witness->crash.r15 = regs->r15;
}

static void on_fatal_error(struct watch *watch, const struct fatal_error_event *event)
{
	if (!event->first)
		return;
	blame(watch, &event->header, event->has_fault ? &event->fault.regs : NULL);
	on_death(watch, event->freeze, event->header.time_ns);
}

static void on_abort(struct watch *watch, const struct abort_event *event)
{
	if (!event->first)
		return;
	blame(watch, &event->header, &event->regs);
	on_death(watch, event->freeze, event->header.time_ns);
}

/* Where the process is held in its exit, all that matters is read there. */
static void on_fatal_signal(struct watch *watch, const struct fatal_signal_event *event)
{
	if (event->has_info && event->sig != SIGKILL)
		blame(watch, &event->header, event->has_fault ? &event->fault.regs : &event->regs);
	if (!watch->died && !watch->hold.tid)
		on_death(watch, FREEZE_OFF, 0);
}

/* System.exit() ends in the VM thread, which does it for another. */
static void on_exit_called(struct watch *watch, const struct exit_called_event *event)
{
	static const char vm_thread[] = "VM Thread";

	if (strncmp(event->header.comm, vm_thread, sizeof(vm_thread)) != 0)
		blame(watch, &event->header, &event->regs);
}

static void on_thread_killed(struct watch *watch, const struct thread_killed_event *event)
{
	struct thread thread = {
		.tid = (pid_t)event->header.thread.helper_tid,
		.vtid = (int)event->header.thread.vtid,
		.has_regs = true,
		.regs = event->regs,
	};

	if (watch->hold.tid && thread.tid == watch->hold.tid)
		watch->killed_ns = event->header.time_ns;
	if (watch->witness.has_stacks)
		return;
	memcpy(thread.comm, event->header.comm, COMM_LEN);
	thread.comm[COMM_LEN - 1] = '\0';
	if (threads_add(&watch->witness.killed, &thread))
		(void)record_event(watch->evidence, event, sizeof(*event));
}

/* It wants every thread for itself, and gets it: what it does matters more. */
static void on_debugger(struct watch *watch, const struct debugger_event *event)
{
	if (!watch->hold.tid || watch->hold.is_exiting || watch->hold.is_to_end)
		return;
	hold_release(&watch->hold);
	(void)snprintf(watch->let_go, sizeof(watch->let_go), "%.16s (pid %u) began to trace it",
		       event->header.comm, event->header.thread.helper_tgid);
	say("process %d is held no more, since %s", watch->jvm->pid, watch->let_go);
}

static bool can_look(const struct watch *watch)
{
	return watch->jvm->mem_fd >= 0 && watch->config->freeze != FREEZE_OFF && !watch->died &&
	       !watch->hold.is_exiting;
}

static void on_signal_sent(struct watch *watch, const struct signal_sent_event *event)
{
	watch->plain.sent = *event;
	if (event->sig == SIGTERM && can_look(watch)) {
		witness_request(&watch->witness);
		if (watch->witness.request_walker.fd >= 0)
			(void)add(watch->epoll, watch->witness.request_walker.fd);
	}
}

static void note(struct watch *watch, enum event_kind kind, const void *data, size_t size)
{
	if (!watch->died || watch->after_death >= MAX_RECORDS_AFTER_DEATH) {
		recent_keep(watch->recent, kind, data, size);
		return;
	}
	watch->after_death++;
	(void)record_event(watch->evidence, data, size);
}

void watch_on_record(void *context, const void *data, size_t size)
{
	struct watch *watch = context;
	enum event_kind kind = record_kind(data, size);

	if (kind == EVENT_OOM_VICTIM) {
		/* first of all: from here on every page would be waited for */
		(void)room_leave(&watch->room);
		watch->witness.is_oom_victim = true;
	}
	if (kind == EVENT_THREAD_KILLED) {
		on_thread_killed(watch, data);
		return;
	}
	note(watch, kind, data, size);
	switch (kind) {
	case EVENT_SIGNAL_SENT:
		on_signal_sent(watch, data);
		break;
	case EVENT_FATAL_ERROR:
		on_fatal_error(watch, data);
		break;
	case EVENT_ABORT:
		on_abort(watch, data);
		break;
	case EVENT_FATAL_SIGNAL:
		on_fatal_signal(watch, data);
		break;
	case EVENT_EXIT_CALLED:
		on_exit_called(watch, data);
		break;
	case EVENT_DEBUGGER:
		on_debugger(watch, data);
		break;
	case EVENT_EXEC:
		watch->is_other_program = true;
		break;
	case EVENT_EXIT:
		watch->has_status = true;
		watch->status = ((const struct exit_event *)data)->status;
		break;
	default:
		break;
	}
}

/* ---- the report ------------------------------------------------------------- */

static bool is_worth_a_report(const struct watch *watch, uint32_t status)
{
	if (watch->died || WIFSIGNALED(status))
		return true;
	switch (watch->config->on_exit) {
	case ON_EXIT_ALWAYS:
		return true;
	case ON_EXIT_NONZERO:
		return WEXITSTATUS(status) != 0;
	default:
		return false;
	}
}

/* By BPF; by the kernel's word on the process itself; by that on the thread that was held. */
static void find_status(struct watch *watch)
{
	bool was_last = monotonic_ns() - watch->exit_stop_ns < NANOS_PER_SECOND;
	struct json *json;

	if (watch->has_status)
		return;
	if (jvm_exit_status(watch->jvm, &watch->status)) {
		if (!watch->exit_stop_ns || !was_last)
			return;
		watch->status = watch->exit_stop_status;
	}
	watch->has_status = true;
	json = evidence_begin(watch->evidence, "exit", monotonic_ns());
	json_int(json, "status", watch->status);
	evidence_end(watch->evidence);
}

/* Children are the reporter, the thread that is held, and others that stopped too late. */
static void reap_children(struct watch *watch)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL | WNOHANG)) > 0) {
		if (pid == watch->reporter.pid) {
			watch->reporter.ended = true;
			watch->reporter.status = status;
		} else if (pid == watch->reporter.files) {
			watch->reporter.files = 0; /* the number may be anybody's from now on */
		} else if (pid == watch->witness.walker.pid) {
			watch->witness.walker.pid = 0;
		} else if (pid == watch->witness.request_walker.pid) {
			watch->witness.request_walker.pid = 0;
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
	reap_children(watch);
	while (!watch->reporter.ended && monotonic_ns() < deadline_ns) {
		uint64_t left_ns = deadline_ns - monotonic_ns();
		struct timespec rest = { .tv_nsec = (long)(left_ns % NANOS_PER_SECOND) };

		(void)sigtimedwait(&child, NULL, left_ns < NANOS_PER_SECOND ? &rest : &step);
		reap_children(watch);
	}
	reporter_end(&watch->reporter);
}

static void publish_without_reporter(struct watch *watch)
{
	const struct reporter *reporter = &watch->reporter;
	char why[64] = "the reporter could not be started", plain[400];

	if (reporter->pid && !reporter->ended)
		(void)snprintf(why, sizeof(why), "the reporter did not end");
	else if (reporter->pid && WIFSIGNALED(reporter->status))
		(void)snprintf(why, sizeof(why), "the reporter was ended by signal %d",
			       WTERMSIG(reporter->status));
	else if (reporter->pid)
		(void)snprintf(why, sizeof(why), "the reporter exited with status %d",
			       WEXITSTATUS(reporter->status));
	watch->plain.has_status = watch->has_status;
	watch->plain.status = watch->has_status ? watch->status : watch->exit_stop_status;
	watch->plain.has_status |= watch->exit_stop_ns != 0;
	plain_verdict_write(&watch->plain, watch->evidence, plain, sizeof(plain));
	evidence_publish(watch->evidence); /* from here on others may make the report */
	say("%s; no report, because %s; evidence, not redacted, for `jmortem rebuild` -> %s", plain,
	    why, watch->evidence->path);
}

static void finish_walks(struct watch *watch, uint64_t deadline_ns)
{
	uint64_t patience_ns = monotonic_ns() + WALK_PATIENCE_NS;

	if (deadline_ns > patience_ns)
		deadline_ns = patience_ns;
	walker_finish(&watch->witness.request_walker, watch->evidence, deadline_ns);
	walker_finish(&watch->witness.walker, watch->evidence, deadline_ns);
}

/* Returns whether it is to be tried again, in another place: there is no room in this one. */
static bool start_and_wait(struct watch *watch, uint64_t deadline_ns)
{
	struct reporter *reporter = &watch->reporter;
	int err = reporter_start(reporter, watch->config, watch->evidence,
				 watch->witness.holds_for_report);

	if (err) {
		evidence_problem(watch->evidence, "reporter: can't start: %s", strerror(-err));
		return false;
	}
	if (watch->handover)
		watch->handover->reporter = reporter->pid;
	wait_for_reporter(watch, deadline_ns);
	return reporter->ended && WIFEXITED(reporter->status) &&
	       WEXITSTATUS(reporter->status) == REPORTER_CANT_WRITE &&
	       evidence_move(watch->evidence, -ENOSPC);
}

static void report(struct watch *watch, uint64_t deadline_ns)
{
	struct evidence *evidence = watch->evidence;
	char path[PATH_MAX + REPORT_ID_LEN];

	watch->is_reported = true;
	if (!watch->witness.holds_for_report) { /* others may still be held: theirs is the CPU */
		if (!watch->config->is_one_of_many)
			be_modest();
		turn_let_others(&watch->witness.turn,
				monotonic_ns() + watch->config->deadline_ms * NANOS_PER_MILLI);
		deadline_ns = monotonic_ns() + REPORT_PATIENCE_NS;
	}
	finish_walks(watch, deadline_ns);
	if (*watch->let_go && !watch->witness.has_stacks)
		evidence_problem(evidence,
				 "stacks: the process was held no more when it ended, since %s",
				 watch->let_go);
	kernel_log_capture(&watch->kernel_log, evidence);
	privileges_raise();
	probes_count(watch->probes, evidence);
	privileges_lower();
	evidence_complete(evidence, watch->has_status);
	if (evidence->fd < 0)
		return; /* said already */
	while (start_and_wait(watch, deadline_ns))
		;
	if ((!watch->reporter.ended || watch->reporter.status) &&
	    !evidence_find_published(evidence, path, sizeof(path)))
		publish_without_reporter(watch);
}

/* ---- the exit ---------------------------------------------------------------- */

static void record_exiting(struct watch *watch)
{
	struct json *json = evidence_begin(watch->evidence, "exiting", monotonic_ns());

	json_int(json, "status", watch->exit_stop_status);
	evidence_end(watch->evidence);
}

/*
 * The first process of a pid namespace takes all others along, us too: what is to be
 * reported of it must be before it is let go. Its memory is still there meanwhile.
 */
static void report_in_time(struct watch *watch, uint64_t start_ns, uint64_t deadline_ns)
{
	watch->died = true;
	witness_exit_released(&watch->witness, start_ns); /* until now: the report is part of it */
	save_evidence(watch);
	if (room_make(&watch->room) >= room_needed(&watch->room)) {
		report(watch, deadline_ns);
		return;
	}
	watch->is_reported = true;
	finish_walks(watch, deadline_ns);
	kernel_log_capture(&watch->kernel_log, watch->evidence);
	publish_without_reporter(watch);
}

/* A process that has asked to end, and does, has nothing left to show in its exit. */
static bool ended_as_asked(const struct watch *watch)
{
	const struct witness *witness = &watch->witness;

	return witness->requested_ns &&
	       monotonic_ns() - witness->requested_ns < ANSWER_PATIENCE_NS &&
	       WIFEXITED(watch->exit_stop_status) &&
	       WEXITSTATUS(watch->exit_stop_status) == 128 + SIGTERM;
}

/*
 * Reads what only the exit can show, and reports where later would be too late. Returns whether it
 * is the process's exit.
 */
static bool look_at_exit(struct watch *watch, uint64_t start_ns, uint64_t patience_ns)
{
	struct witness *witness = &watch->witness;
	enum other_threads others = THREADS_GONE;

	if (!witness->has_stacks)
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
	record_exiting(watch);
	if (!witness->has_stacks)
		witness_exit(witness, watch->exit_stop_status, !ended_as_asked(watch),
			     start_ns + patience_ns / 16 * (witness->holds_for_report ? 7 : 15));
	if (witness->holds_for_report)
		report_in_time(watch, start_ns, start_ns + patience_ns / 16 * 15);
	return true;
}

/* The guardian does that, but will not live so long where the namespace ends. */
static void leave_no_files(struct watch *watch)
{
	if (watch->witness.holds_for_report)
		work_dir_remove(watch->config->work_dir);
}

static void set_dead_man(const struct watch *watch, uint64_t since_ns)
{
	dead_man_set(&watch->witness.dead_man, since_ns, witness_patience_left(&watch->witness));
}

/* Its threads are gone but for the one that is held, and its memory is still there. */
static void on_exit_stop(struct watch *watch)
{
	uint64_t since_ns, patience_ns;
	bool is_exit;

	note_death(watch);
	watch->exit_stop_ns = monotonic_ns();
	watch->exit_stop_status = watch->hold.status;
	watch->witness.holds_for_report = jvm_ends_namespace(watch->jvm);
	if (!is_worth_a_report(watch, watch->exit_stop_status)) {
		leave_no_files(watch);
		hold_release(&watch->hold);
		return;
	}
	be_first(true);
	set_dead_man(watch, watch->exit_stop_ns);
	(void)room_make(&watch->room);
	probes_consume(watch->probes);
	since_ns = watch->killed_ns ? watch->killed_ns : watch->exit_stop_ns;
	patience_ns = witness_exit_patience(&watch->witness);
	/*
	 * All of the deadline: in a cgroup in which the OOM killer has struck we may be waiting
	 * for memory ourselves, until its reaper has taken the victim's after two seconds.
	 */
	set_dead_man(watch, since_ns);
	is_exit = look_at_exit(watch, since_ns, patience_ns);
	leave_no_files(watch);
	hold_release(&watch->hold);
	dead_man_end(&watch->witness.dead_man);
	be_first(false);
	if (is_exit && !watch->is_reported)
		witness_exit_released(&watch->witness, since_ns);
	if (!is_exit && watch->handover)
		watch->handover->has_died = watch->died;
}

void watch_end(struct watch *watch)
{
	probes_consume(watch->probes);
	find_status(watch);
	/* without a status the reporter looks for an hs_err */
	if (watch->is_reported || (watch->has_status && !is_worth_a_report(watch, watch->status)))
		return;
	recent_write(watch->recent, watch->evidence);
	if (!watch->died)
		on_death(watch, FREEZE_OFF, 0);
	if (!watch->witness.has_state) /* of the process nothing is left, but of its cgroup */
		capture_state(watch->evidence, 0);
	save_evidence(watch);
	report(watch, monotonic_ns() + REPORT_PATIENCE_NS);
}

/* ---- waiting ---------------------------------------------------------------- */

static void on_hold_wanted(struct watch *watch, bool wanted)
{
	int err;

	if (!wanted) {
		hold_release(&watch->hold);
		(void)snprintf(watch->let_go, sizeof(watch->let_go), "SIGUSR1 asked for it");
		say("process %d is held no more, since %s", watch->jvm->pid, watch->let_go);
	} else if (watch->hold.tid) {
		watch->hold.is_to_end = false; /* it was about to */
		*watch->let_go = '\0';
	} else {
		err = privileges_check(watch->jvm, watch->jvm->tid);
		privileges_raise();
		if (!err)
			err = hold_begin(&watch->hold, watch->jvm);
		privileges_lower();
		if (!err)
			*watch->let_go = '\0';
		say("process %d is %s%s", watch->jvm->pid,
		    err ? "not held again: " : "held again, since SIGUSR2 asked for it",
		    err ? strerror(-err) : "");
	}
}

static void on_signals(struct watch *watch, int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo == (unsigned int)SIGNAL_DISMISS)
			watch->is_dismissed = true;
		else if (info.ssi_signo != SIGCHLD)
			on_hold_wanted(watch, info.ssi_signo == SIGUSR2);
	reap_children(watch);
	if (watch->hold.has_become_another)
		watch->is_other_program = true;
	if (watch->hold.is_exiting)
		on_exit_stop(watch);
}

/* Who started us has gone, and wants no more. */
static bool lifeline_is_cut(const struct watch *watch)
{
	struct pollfd pollfd = { .fd = STDIN_FILENO, .events = POLLIN };

	return watch->config->lifeline && poll(&pollfd, 1, 0) == 1;
}

static void tell_end(const struct watch *watch)
{
	char path[PATH_MAX + REPORT_ID_LEN], status[16] = "unknown";

	if (!watch->config->lifeline)
		return;
	if (evidence_find_published(watch->evidence, path, sizeof(path)))
		answer("report", path);
	if (watch->has_status)
		(void)snprintf(status, sizeof(status), "%u", watch->status);
	answer("ended", status);
}

/*
 * An OOM victim's cgroup is left by the first thing that we do there: the code for that must have
 * been run before (keep_code()), with no record and no way to take.
 */
static void rehearse(struct watch *watch)
{
	static const struct event_header nothing;
	static struct room nowhere;

	probes_consume(watch->probes);
	watch_on_record(watch, &nothing, sizeof(nothing));
	(void)room_leave(&nowhere);
}

void watch_run(struct watch *watch)
{
	int patience_ms = SHORT_LIFE_MS;
	struct epoll_event event;
	sigset_t set;
	int signals;

	/* what is written to when memory has run out must be there */
	recent_init(watch->recent);
	evidence_reserve(watch->evidence);
	watch->epoll = epoll_create1(EPOLL_CLOEXEC);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGNAL_DISMISS);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (watch->epoll < 0 || signals < 0 || add(watch->epoll, watch->jvm->pidfd) ||
	    add(watch->epoll, signals) || add(watch->epoll, probes_fd(watch->probes)) ||
	    (watch->config->lifeline && add(watch->epoll, STDIN_FILENO))) {
		say("can't watch process %d: %s", watch->jvm->pid, strerror(errno));
		return;
	}
	rehearse(watch);
	/* a death that has been seen is reported, whoever has lost interest */
	while (!watch->is_other_program && (watch->died || !watch->is_dismissed)) {
		bool rests = witness_rests(&watch->witness);
		int news = epoll_wait(watch->epoll, &event, 1, rests ? REST_MS : patience_ms);

		if (news < 0 && errno != EINTR)
			break;
		if (news == 0 && !rests) {
			watch->complete(watch);
			(void)add(watch->epoll, probes_fd(watch->probes)); /* if it is not there */
			patience_ms = -1;
		}
		probes_consume(watch->probes);
		on_signals(watch, signals);
		if (jvm_has_ended(watch->jvm))
			break;
		walker_consume(&watch->witness.request_walker, watch->evidence);
		walker_consume(&watch->witness.walker, watch->evidence);
		if (!watch->is_dismissed && lifeline_is_cut(watch)) {
			watch->is_dismissed = true;
			(void)epoll_ctl(watch->epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
		}
	}
	if (!watch->is_other_program && (watch->died || !watch->is_dismissed)) {
		watch_end(watch);
		tell_end(watch);
	} else {
		hold_end(&watch->hold); /* to end takes a while, since BPF is unloaded */
	}
	close(signals);
	close(watch->epoll);
}
