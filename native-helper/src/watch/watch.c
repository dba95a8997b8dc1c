// SPDX-License-Identifier: Apache-2.0
#include "watch/watch_parts.h"

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

#include "base/clock.h"
#include "base/daemonize.h"
#include "base/log_line.h"
#include "base/scheduling.h"
#include "evidence/capture.h"
#include "evidence/record.h"
#include "process/freeze.h"
#include "process/privileges.h"
#include "watch/reply.h"
#include "watch/work_dir.h"

/* JVMs of a build may live for less time, and their end must not be delayed. */
#define SHORT_LIFE_MS 3000

/* How often we check whether a paused walker may continue. */
#define REST_MS 50

int watch_add(const struct watch *watch, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return fd < 0 ? 0 : epoll_ctl(watch->epoll, EPOLL_CTL_ADD, fd, &event);
}

static void on_hold_wanted(struct watch *watch, bool wanted)
{
	int err;

	if (!wanted) {
		hold_release(&watch->hold);
		(void)snprintf(watch->let_go, sizeof(watch->let_go), "the helper received SIGUSR1");
		log_line("the hold on process %d is released, because %s", watch->jvm->pid,
			 watch->let_go);
	} else if (watch->hold.tid) {
		watch->hold.is_to_end = false; /* it was about to end */
		*watch->let_go = '\0';
	} else {
		err = privileges_check(watch->jvm, watch->jvm->tid);
		privileges_raise();
		if (!err)
			err = hold_begin(&watch->hold, watch->jvm);
		privileges_lower();
		if (!err)
			*watch->let_go = '\0';
		log_line("process %d is %s%s", watch->jvm->pid,
			 err ? "not held again: "
			     : "held again, because the helper received SIGUSR2",
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
	watch_reap_children(watch);
	if (watch->hold.has_become_another)
		watch->is_other_program = true;
	if (watch->hold.is_exiting)
		watch_on_exit_stop(watch);
}

/* Whether the process that started us has closed our standard input. */
static bool has_stdin_closed(const struct watch *watch)
{
	struct pollfd pollfd = { .fd = STDIN_FILENO, .events = POLLIN };

	return watch->config->exit_on_stdin_close && poll(&pollfd, 1, 0) == 1;
}

static void tell_end(const struct watch *watch)
{
	char path[PATH_MAX + REPORT_ID_LEN];

	if (!watch->config->exit_on_stdin_close)
		return;
	if (evidence_find_published(watch->evidence, path, sizeof(path)))
		reply_report(path);
	reply_ended(watch->has_status, watch->status);
}

/*
 * For an OOM victim, the first step is to leave its cgroup. The code for this must already be in
 * memory (lock_code_in_memory()), so it is run here with an empty record and no target.
 */
static void rehearse(struct watch *watch)
{
	static const struct event_header nothing;
	static struct headroom nowhere;

	probes_consume(watch->probes);
	watch_on_record(watch, &nothing, sizeof(nothing));
	(void)headroom_leave(&nowhere);
}

/* Until the JVM has lived for long; 0: it has. The end of loading wakes us itself. */
static int patience_ms(const struct watch *watch, uint64_t lives_long_at)
{
	uint64_t now = monotonic_ns();

	if (!lives_long_at || watch->loading.is_running)
		return -1;
	return lives_long_at > now ? (int)((lives_long_at - now) / NANOS_PER_MILLI) + 1 : 0;
}

void watch_run(struct watch *watch)
{
	uint64_t lives_long_at = monotonic_ns() + SHORT_LIFE_MS * NANOS_PER_MILLI;
	struct epoll_event event;
	sigset_t set;
	int signals;

	/* memory that is written after memory has run out must be allocated now */
	if (!watch->config->control_fd) { /* the daemon's memory is not the JVM's */
		recent_init(watch->recent);
		evidence_reserve(watch->evidence);
	}
	watch->epoll = epoll_create1(EPOLL_CLOEXEC);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGNAL_DISMISS);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (watch->epoll < 0 || signals < 0 || watch_add(watch, watch->jvm->pidfd) ||
	    watch_add(watch, signals) || watch_add(watch, probes_fd(watch->probes)) ||
	    (watch->loading.is_running && watch_add(watch, watch->loading.end_fd)) ||
	    (watch->config->exit_on_stdin_close && watch_add(watch, STDIN_FILENO))) {
		log_line("can't watch process %d: %s", watch->jvm->pid, strerror(errno));
		return;
	}
	session_open(&watch->session, watch->epoll);
	rehearse(watch);
	/* a recorded death is always reported, even after a dismissal */
	while (!watch->is_other_program && (watch->died || !watch->is_dismissed)) {
		bool rests = inspection_rests(&watch->inspection);
		int news = epoll_wait(watch->epoll, &event, 1,
				      rests ? REST_MS : patience_ms(watch, lives_long_at));

		if (news < 0 && errno != EINTR)
			break;
		if (loading_has_ended(&watch->loading)) {
			watch->end_arming(watch);
			rehearse(watch);
		} else if (!rests && !watch->loading.is_running && lives_long_at &&
			   monotonic_ns() >= lives_long_at) {
			/* whoever makes news all the time can't put it off */
			watch->complete(watch);
			lives_long_at = 0;
		}
		probes_consume(watch->probes);
		on_signals(watch, signals);
		if (jvm_has_ended(watch->jvm))
			break;
		if (news == 1 && !watch->died)
			session_on_news(&watch->session, event.data.fd);
		watch->is_dismissed |= watch->session.is_dismissed;
		walker_consume(&watch->inspection.request_walker, watch->evidence);
		walker_consume(&watch->inspection.walker, watch->evidence);
		if (!watch->is_dismissed && has_stdin_closed(watch)) {
			watch->is_dismissed = true;
			(void)epoll_ctl(watch->epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
		}
	}
	if (!watch->is_other_program && (watch->died || !watch->is_dismissed)) {
		watch_end(watch);
		tell_end(watch);
	} else {
		hold_end(&watch->hold); /* our end takes a while, because BPF is unloaded */
	}
	session_close(&watch->session);
	close(signals);
	close(watch->epoll);
}
