// SPDX-License-Identifier: Apache-2.0
#include "guardian.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "privileges.h"
#include "say.h"
#include "session.h"

#define LOOK_AGAIN_NS (50 * NANOS_PER_MILLI)

struct guardian {
	const struct config *config;
	const struct jvm *jvm;
	const volatile struct freeze_state *freeze_state; /* NULL without BPF */
	const struct handover *handover;
	pid_t worker;
};

/* BPF has stopped the process, and nobody has taken over. */
static bool left_stopped(const struct guardian *guardian)
{
	return guardian->freeze_state && guardian->freeze_state->stopped_at_ns &&
	       !guardian->handover->done;
}

/*
 * In a ptrace stop, and not in one of the kind that the whole process is in after a
 * SIGSTOP of somebody else's.
 */
static bool is_held(const struct guardian *guardian)
{
	const struct jvm *jvm = guardian->jvm;

	return left_stopped(guardian) ||
	       (jvm_state(jvm, jvm->tid) == 't' && jvm_state(jvm, jvm->pid) != 'T');
}

static void let_go(const struct guardian *guardian)
{
	if (left_stopped(guardian))
		(void)syscall(SYS_pidfd_send_signal, guardian->jvm->pidfd, SIGCONT, NULL, 0);
}

static bool is_stopped(pid_t worker)
{
	siginfo_t info = {};

	return waitid(P_PID, (id_t)worker, &info, WEXITED | WCONTINUED | WNOHANG | WNOWAIT) ||
	       !info.si_pid;
}

/*
 * Looks after the JVM for as long as the worker can't, which may be for long. Ptrace
 * stops end with their tracer, and BPF's programs with their owner.
 */
static void on_stopped_worker(const struct guardian *guardian)
{
	const struct timespec pause = { .tv_nsec = LOOK_AGAIN_NS };
	uint64_t patience_ns = guardian->config->deadline_ms * NANOS_PER_MILLI;
	uint64_t held_since_ns = 0;

	while (is_stopped(guardian->worker)) {
		uint64_t now = monotonic_ns();

		if (!is_held(guardian))
			held_since_ns = 0;
		else if (!held_since_ns)
			held_since_ns = now;
		else if (now - held_since_ns >= patience_ns) {
			say("the helper was stopped while it held process %d: ending it",
			    guardian->jvm->pid);
			kill(guardian->worker, SIGKILL);
			return;
		}
		nanosleep(&pause, NULL);
	}
}

void remove_work_dir(const char *work_dir)
{
	static const char *const names[] = { "helper", "jmortem.jar", "snapshot", "snapshot.new" };
	int dir;

	if (!work_dir)
		return;
	dir = open(work_dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		(void)unlinkat(dir, names[i], 0);
	close(dir);
	(void)rmdir(work_dir);
}

/* Returns true once the worker has ended, with its wait status. */
static bool worker_ended(const struct guardian *guardian, int *status)
{
	while (waitpid(guardian->worker, status, WUNTRACED | WCONTINUED | WNOHANG) > 0) {
		if (WIFEXITED(*status) || WIFSIGNALED(*status))
			return true;
		if (WIFSTOPPED(*status))
			on_stopped_worker(guardian);
	}
	return false;
}

static void guard(const struct guardian *guardian)
{
	siginfo_t info;
	sigset_t news;
	int status = 0;

	sigemptyset(&news);
	sigaddset(&news, SIGCHLD);
	sigaddset(&news, SIGUSR1);
	while (!worker_ended(guardian, &status)) {
		if (sigwaitinfo(&news, &info) == SIGUSR1 && info.si_pid == guardian->worker)
			break;
	}
	let_go(guardian);
	if (WIFSIGNALED(status))
		say("the helper was ended by signal %d; process %d is no longer watched",
		    WTERMSIG(status), guardian->jvm->pid);
	remove_work_dir(guardian->config->work_dir);
	_exit(0);
}

void guardian_dismiss(const struct handover *handover)
{
	if (getppid() == handover->guardian)
		kill(handover->guardian, SIGUSR1);
}

struct handover *guardian_split(const struct config *config, const struct jvm *jvm,
				const volatile struct freeze_state *freeze_state)
{
	struct handover *handover = mmap(NULL, sizeof(*handover), PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct guardian guardian = {
		.config = config,
		.jvm = jvm,
		.freeze_state = freeze_state,
		.handover = handover,
	};

	if (handover == MAP_FAILED)
		return NULL;
	handover->guardian = getpid();
	guardian.worker = fork();
	if (guardian.worker < 0)
		return NULL;
	if (guardian.worker == 0)
		return handover;
	privileges_drop();
	/*
	 * Whoever waits for the other end of a pipe must not wait for the guardian, and BPF's
	 * programs must end with the worker.
	 */
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close_all_but(jvm->pidfd, jvm->proc_fd);
	guard(&guardian);
	return NULL; /* not reached */
}
