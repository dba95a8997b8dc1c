// SPDX-License-Identifier: Apache-2.0
#include "watch/watchdog.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/daemonize.h"
#include "base/log_line.h"
#include "process/jvm_threads.h"
#include "process/privileges.h"
#include "watch/late_report.h"
#include "watch/work_dir.h"

#define LOOK_AGAIN_NS (50 * NANOS_PER_MILLI)

/* Twenty JVMs that start at once on two cores take 12 s, or longer with other load. */
#define ARMING_PATIENCE_NS (120 * NANOS_PER_SECOND)

/*
 * More than all bounds of the worker's stages after the JVM's end: 3 s for the hold and 30 s for
 * the walks, 150 s for a turn, 60 s each for the report, the report in a second directory, and the
 * removal of surplus reports. 363 s in all. UnfinishedReports.ABANDONED is longer.
 */
#define END_PATIENCE_NS (400 * NANOS_PER_SECOND)

/* A reporter that the lost worker has started. */
#define REPORTER_PATIENCE_NS (60 * NANOS_PER_SECOND)

struct watchdog {
	const struct config *config;
	const struct jvm *jvm;
	const volatile struct watch_state *state; /* NULL without BPF */
	struct handover *handover;
	pid_t worker;
	int cwd_fd; /* the JVM's working directory; negative: unknown */
	uint64_t held_since_ns; /* 0: the JVM is not held */
	uint64_t ends_by_ns; /* deadline of the worker; 0: none while the JVM lives */
};

/* Whether BPF stopped the process, and the worker has not taken over. */
static bool left_stopped(const struct watchdog *watchdog)
{
	return watchdog->state && watchdog->state->stopped_at_ns && !watchdog->handover->done;
}

/*
 * Whether it is in a ptrace stop, other than the group stop after a foreign SIGSTOP.
 */
static bool is_held(const struct watchdog *watchdog)
{
	const struct jvm *jvm = watchdog->jvm;

	return left_stopped(watchdog) ||
	       (jvm_state(jvm, jvm->tid) == 't' && jvm_state(jvm, jvm->pid) != 'T');
}

static void let_go(const struct watchdog *watchdog)
{
	if (left_stopped(watchdog))
		(void)syscall(SYS_pidfd_send_signal, watchdog->jvm->pidfd, SIGCONT, NULL, 0);
}

static bool is_stopped(pid_t worker)
{
	siginfo_t info = {};

	return waitid(P_PID, (id_t)worker, &info, WEXITED | WCONTINUED | WNOHANG | WNOWAIT) ||
	       !info.si_pid;
}

/* Whether the JVM has been held longer than the deadline. */
static bool is_held_too_long(struct watchdog *watchdog)
{
	uint64_t now = monotonic_ns();

	if (!is_held(watchdog))
		watchdog->held_since_ns = 0;
	else if (!watchdog->held_since_ns)
		watchdog->held_since_ns = now;
	return watchdog->held_since_ns &&
	       now - watchdog->held_since_ns >= watchdog->config->deadline_ms * NANOS_PER_MILLI;
}

static void end_worker(const struct watchdog *watchdog, const char *why)
{
	log_line("%s; ending the helper of process %d", why, watchdog->jvm->pid);
	watchdog->handover->ends_at_ns = monotonic_ns();
	kill(watchdog->worker, SIGKILL);
}

/*
 * Takes care of the JVM while the worker is stopped, perhaps for long. Killing the worker ends its
 * ptrace stops and its BPF programs.
 */
static void on_stopped_worker(struct watchdog *watchdog)
{
	const struct timespec pause = { .tv_nsec = LOOK_AGAIN_NS };

	while (is_stopped(watchdog->worker)) {
		if (is_held_too_long(watchdog)) {
			end_worker(watchdog, "the helper was stopped while it held the JVM");
			return;
		}
		if (jvm_has_ended(watchdog->jvm)) /* the worker has nothing left to watch */
			(void)kill(watchdog->worker, SIGCONT);
		nanosleep(&pause, NULL);
	}
}

/* Returns true and the wait status if the worker has ended. */
static bool worker_ended(struct watchdog *watchdog, int *status)
{
	while (waitpid(watchdog->worker, status, WUNTRACED | WCONTINUED | WNOHANG) > 0) {
		if (WIFEXITED(*status) || WIFSIGNALED(*status))
			return true;
		if (WIFSTOPPED(*status))
			on_stopped_worker(watchdog);
	}
	return false;
}

/* What the watchdog waits for. */
enum { NEWS, JVM_END, STDIN_CLOSED, SOURCES };

/* Returns whether the worker has reported that it is done. */
static bool consume_signals(const struct watchdog *watchdog, int signals)
{
	struct signalfd_siginfo info;
	bool is_done = false;

	while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		is_done |= info.ssi_signo == SIGUSR1 && info.ssi_pid == (uint32_t)watchdog->worker;
	return is_done;
}

static void must_end_soon(struct watchdog *watchdog, struct pollfd *source)
{
	source->fd = -1;
	if (!watchdog->ends_by_ns)
		watchdog->ends_by_ns = monotonic_ns() + END_PATIENCE_NS;
}

static int patience_ms(const struct watchdog *watchdog)
{
	uint64_t now = monotonic_ns();

	if (!watchdog->handover->is_armed)
		return LOOK_AGAIN_NS / NANOS_PER_MILLI;
	if (!watchdog->ends_by_ns)
		return -1;
	return watchdog->ends_by_ns > now
		       ? (int)((watchdog->ends_by_ns - now) / NANOS_PER_MILLI) + 1
		       : 0;
}

/* The worker bounds each of its stages; this check is for failures of those bounds. */
static void check_worker(struct watchdog *watchdog, uint64_t arms_by_ns)
{
	uint64_t now = monotonic_ns();

	if (!watchdog->handover->is_armed && is_held_too_long(watchdog))
		end_worker(watchdog, "arming held the JVM too long");
	else if (!watchdog->handover->is_armed && now >= arms_by_ns)
		end_worker(watchdog, "arming took too long");
	else if (watchdog->ends_by_ns && now >= watchdog->ends_by_ns)
		end_worker(watchdog, "the helper did not finish in time");
}

/* Waits for the JVM's end: briefly, or longer if it is dying and may write a log and a core. */
static bool comes_to_its_end(const struct watchdog *watchdog)
{
	const struct handover *handover = watchdog->handover;
	struct pollfd end = { .fd = watchdog->jvm->pidfd, .events = POLLIN };
	uint64_t patience = handover->has_died ? END_PATIENCE_NS : LOOK_AGAIN_NS;

	uint64_t until = monotonic_ns() + patience;

	while (!jvm_has_ended(watchdog->jvm) && monotonic_ns() < until) {
		let_go(watchdog); /* also if BPF stopped it at the last moment */
		(void)poll(&end, 1, LOOK_AGAIN_NS / NANOS_PER_MILLI);
	}
	return jvm_has_ended(watchdog->jvm);
}

/* The worker may have started the reporter, which then is about to publish. */
static void await_reporter(const struct watchdog *watchdog)
{
	pid_t reporter = watchdog->handover->reporter;
	struct pollfd end = { .events = POLLIN };

	siginfo_t info = {};

	/* it is our child now if the worker has not reaped it; otherwise the pid may be reused */
	if (!reporter || waitid(P_PID, (id_t)reporter, &info, WEXITED | WNOHANG | WNOWAIT))
		return;
	end.fd = (int)syscall(SYS_pidfd_open, reporter, 0);
	if (end.fd < 0)
		return;
	if (poll(&end, 1, REPORTER_PATIENCE_NS / NANOS_PER_MILLI) == 0)
		(void)syscall(SYS_pidfd_send_signal, end.fd, SIGKILL, NULL, 0);
	close(end.fd);
}

/* The worker is gone, with everything that it had not recorded yet. */
static void on_lost_worker(struct watchdog *watchdog, int sig)
{
	int cwd_fd = jvm_open_cwd(watchdog->jvm);

	if (!comes_to_its_end(watchdog)) {
		log_line("the helper was ended by signal %d; process %d is no longer watched", sig,
			 watchdog->jvm->pid);
		return;
	}
	await_reporter(watchdog);
	report_inherited(watchdog->config, watchdog->jvm, watchdog->handover,
			 cwd_fd >= 0 ? cwd_fd : watchdog->cwd_fd, sig);
}

static void guard(struct watchdog *watchdog)
{
	uint64_t arms_by_ns = monotonic_ns() + ARMING_PATIENCE_NS;
	struct pollfd sources[SOURCES] = {
		[JVM_END] = { .fd = watchdog->jvm->pidfd, .events = POLLIN },
		[STDIN_CLOSED] = { .fd = watchdog->config->exit_on_stdin_close ? STDIN_FILENO : -1,
				   .events = POLLIN },
	};
	bool is_silent = false;
	sigset_t news;
	int status = 0;

	sigemptyset(&news);
	sigaddset(&news, SIGCHLD);
	sigaddset(&news, SIGUSR1);
	sources[NEWS] = (struct pollfd) {
		.fd = signalfd(-1, &news, SFD_CLOEXEC | SFD_NONBLOCK),
		.events = POLLIN,
	};
	while (!worker_ended(watchdog, &status)) {
		if (watchdog->config->is_detached && watchdog->handover->is_armed && !is_silent) {
			silence_stderr();
			is_silent = true;
		}
		(void)poll(sources, SOURCES, patience_ms(watchdog));
		if (consume_signals(watchdog, sources[NEWS].fd))
			break;
		if (sources[JVM_END].revents)
			must_end_soon(watchdog, &sources[JVM_END]);
		if (sources[STDIN_CLOSED].revents) {
			must_end_soon(watchdog, &sources[STDIN_CLOSED]);
			if (!watchdog->handover->is_armed) /* no other process reads it yet */
				kill(watchdog->worker, SIGKILL);
		}
		check_worker(watchdog, arms_by_ns);
	}
	let_go(watchdog);
	if (WIFSIGNALED(status))
		on_lost_worker(watchdog, WTERMSIG(status));
	/* the daemon's entry of a JVM that lives on is left, so that its end is not missed */
	if (!watchdog->config->control_fd || jvm_has_ended(watchdog->jvm))
		work_dir_remove(watchdog->config->work_dir);
	_exit(0);
}

void watchdog_dismiss(const struct handover *handover)
{
	if (getppid() != handover->watchdog)
		return;
	kill(handover->watchdog, SIGUSR1);
	/* a stopped worker must not block the process that waits for it */
	kill(handover->watchdog, SIGCONT);
}

struct handover *watchdog_split(const struct config *config, const struct jvm *jvm,
				const volatile struct watch_state *state)
{
	struct handover *handover = mmap(NULL, sizeof(*handover), PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const int kept[] = { jvm->pidfd, jvm->proc_fd, jvm->root_fd, jvm->mounts_fd,
			     work_dir_lock() };
	struct watchdog watchdog = {
		.config = config,
		.jvm = jvm,
		.state = state,
		.handover = handover,
	};

	if (handover == MAP_FAILED)
		return NULL;
	handover->watchdog = getpid();
	handover->memory = evidence_shared_memory();
	/* what the worker has started is ours, should it be killed: no other process has its number
	 */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	watchdog.worker = fork();
	if (watchdog.worker < 0)
		return NULL;
	if (watchdog.worker == 0) {
		(void)madvise(handover->memory.data, handover->memory.size, MADV_DONTFORK);
		return handover;
	}
	privileges_drop_lent();
	/*
	 * Readers of a pipe must not wait for the watchdog, and the BPF programs must end with
	 * the worker.
	 */
	if (!config->exit_on_stdin_close)
		close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close_descriptors_except(kept, sizeof(kept) / sizeof(*kept));
	watchdog.cwd_fd = jvm_open_cwd(jvm);
	guard(&watchdog);
	return NULL; /* not reached */
}
