// SPDX-License-Identifier: Apache-2.0
/* Freezing and letting go real processes: children of this one, which need no root. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "process/freeze.h"
#include "process/jvm_threads.h"
#include "watch/watchdog.h"

#define THREADS 8

static void *sleep_for_ever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static int open_child(struct jvm *jvm, pid_t pid)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d", pid);
	jvm->pid = pid;
	jvm->tid = pid;
	jvm->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	jvm->proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return jvm->pidfd < 0 || jvm->proc_fd < 0 ? -1 : 0;
}

/* A process with several threads; it has said that they run. */
static pid_t start_child(void)
{
	int ends[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		pthread_t thread;

		/* not to outlive a test that fails */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (int i = 1; i < THREADS; i++)
			pthread_create(&thread, NULL, sleep_for_ever, NULL);
		if (write(ends[1], "", 1) == 1)
			sleep_for_ever(NULL);
		_exit(1);
	}
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	close(ends[1]);
	return pid;
}

static void end_child(struct jvm *jvm)
{
	kill(jvm->pid, SIGKILL);
	assert_int_equal(waitpid(jvm->pid, NULL, 0), jvm->pid);
	jvm_close(jvm);
}

static int block_children(void **state)
{
	sigset_t child;

	(void)state;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	return sigprocmask(SIG_BLOCK, &child, NULL);
}

static void assert_runs(const struct jvm *jvm)
{
	assert_true(strchr("RS", jvm_state(jvm, jvm->pid)) != NULL);
}

static uint64_t in_a_while(void)
{
	return monotonic_ns() + 10 * NANOS_PER_SECOND;
}

static struct hold none;

static int stop(struct frozen *frozen, const struct jvm *jvm, struct hold *hold, pid_t first,
		volatile __u32 *caught, bool was_stopped)
{
	freeze_begin(frozen, jvm, hold, first, caught);
	return freeze_all(frozen, was_stopped, in_a_while());
}

static void freezes_and_thaws(void **state)
{
	struct user_regs_struct regs;
	struct frozen frozen;
	__u32 caught = 0;
	struct jvm jvm;

	(void)state;
	assert_int_equal(open_child(&jvm, start_child()), 0);
	assert_int_equal(stop(&frozen, &jvm, &none, jvm.pid, &caught, false), 0);
	assert_int_equal(frozen.count, THREADS);
	assert_int_equal(caught, 1);
	assert_int_equal(jvm_state(&jvm, jvm.pid), 't');
	for (size_t i = 0; i < frozen.count; i++) {
		assert_int_equal(frozen_registers(&frozen.threads[i], &regs), 0);
		assert_true(regs.rsp != 0);
	}
	thaw(&frozen);
	assert_runs(&jvm);
	end_child(&jvm);
}

/* The thread that is held stays so, and comes to its exit stop as it would have. */
static void keeps_the_hold(void **state)
{
	struct frozen frozen;
	struct hold hold;
	struct jvm jvm;
	int status;

	(void)state;
	assert_int_equal(open_child(&jvm, start_child()), 0);
	assert_int_equal(hold_begin(&hold, &jvm), 0);
	assert_int_equal(stop(&frozen, &jvm, &hold, 0, NULL, false), 0);
	assert_int_equal(frozen.count, THREADS);
	thaw(&frozen);
	assert_int_equal(hold.tid, jvm.pid);
	assert_false(hold.is_exiting);
	kill(jvm.pid, SIGKILL);
	assert_int_equal(waitpid(jvm.pid, &status, __WALL), jvm.pid);
	hold_on_status(&hold, status);
	assert_true(hold.is_exiting);
	hold_release(&hold);
	assert_int_equal(waitpid(jvm.pid, &status, 0), jvm.pid);
	assert_true(WIFSIGNALED(status));
	jvm_close(&jvm);
}

/* Killed while all threads are stopped: then it is let go as from its exit, not from its stop. */
static void exit_while_frozen(void **state)
{
	struct frozen frozen;
	struct hold hold;
	struct jvm jvm;
	siginfo_t info;
	int status;

	(void)state;
	assert_int_equal(open_child(&jvm, start_child()), 0);
	assert_int_equal(hold_begin(&hold, &jvm), 0);
	assert_int_equal(stop(&frozen, &jvm, &hold, 0, NULL, false), 0);
	kill(jvm.pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)jvm.pid, &info, WSTOPPED | WEXITED | WNOWAIT | __WALL),
			 0);
	thaw(&frozen);
	assert_true(hold.is_exiting);
	hold_release(&hold);
	/* the others are tracees that ended too late to be let go: theirs to be reaped first */
	while (waitpid(-1, &status, __WALL) != jvm.pid)
		;
	assert_true(WIFSIGNALED(status));
	jvm_close(&jvm);
}

/* What BPF has done: the stop is replaced, and does not come back afterwards. */
static void takes_over_from_a_stop_signal(void **state)
{
	struct frozen frozen;
	__u32 caught = 0;
	struct jvm jvm;
	int status;

	(void)state;
	assert_int_equal(open_child(&jvm, start_child()), 0);
	kill(jvm.pid, SIGSTOP);
	assert_int_equal(waitpid(jvm.pid, &status, WUNTRACED), jvm.pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(stop(&frozen, &jvm, &none, 0, &caught, true), 0);
	assert_int_equal(jvm_state(&jvm, jvm.pid), 't');
	thaw(&frozen);
	assert_runs(&jvm);
	end_child(&jvm);
}

static void notices_that_nobody_is_left(void **state)
{
	struct frozen frozen;
	__u32 caught = 0;
	struct jvm jvm;
	pid_t pid = start_child();

	(void)state;
	assert_int_equal(open_child(&jvm, pid), 0);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(stop(&frozen, &jvm, &none, jvm.pid, &caught, false) < 0);
	assert_true(jvm_has_ended(&jvm));
	jvm_close(&jvm);
}

/*
 * The worker is killed after BPF has stopped the process, and before it has taken
 * over: its watchdog lets the process go.
 */
static void watchdog_lets_go(void **state)
{
	static const struct watch_state stopped = { .stopped_at_ns = 1 };
	struct config config = { .deadline_ms = 100 };
	struct jvm jvm;
	pid_t helper;
	int status;

	(void)state;
	assert_int_equal(open_child(&jvm, start_child()), 0);
	kill(jvm.pid, SIGSTOP);
	assert_int_equal(waitpid(jvm.pid, &status, WUNTRACED), jvm.pid);
	helper = fork();
	assert_true(helper >= 0);
	if (helper == 0) {
		close(STDERR_FILENO); /* the watchdog's word about it is expected */
		if (watchdog_split(&config, &jvm, &stopped))
			kill(getpid(), SIGKILL); /* this is the worker */
		_exit(1);
	}
	assert_int_equal(waitpid(jvm.pid, &status, WCONTINUED), jvm.pid);
	assert_true(WIFCONTINUED(status));
	assert_int_equal(waitpid(helper, &status, 0), helper);
	assert_runs(&jvm);
	end_child(&jvm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(freezes_and_thaws),
		cmocka_unit_test(keeps_the_hold),
		cmocka_unit_test(exit_while_frozen),
		cmocka_unit_test(takes_over_from_a_stop_signal),
		cmocka_unit_test(notices_that_nobody_is_left),
		cmocka_unit_test(watchdog_lets_go),
	};

	return cmocka_run_group_tests(tests, block_children, NULL);
}
