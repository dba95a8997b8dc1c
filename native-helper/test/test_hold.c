// SPDX-License-Identifier: Apache-2.0
#include "process/hold.h"
#include "process/jvm_threads.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static volatile int value = 42;
static int told;

static void on_signal(int sig)
{
	char byte = (char)sig;

	if (write(told, &byte, 1) != 1)
		_exit(99);
}

/* Says each signal that it handles into a pipe; is held from when the byte 'r' has come. */
struct child {
	pid_t pid;
	int says, memory;
	struct jvm jvm;
	struct hold hold;
};

static char next(const struct child *child)
{
	char byte = 0;

	assert_int_equal(read(child->says, &byte, 1), 1);
	return byte;
}

/* Blocked until it waits for it, or it might come too early. */
static _Noreturn void wait_for_signal(int exits_with)
{
	sigset_t blocked, none;

	sigemptyset(&none);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &blocked, NULL);
	signal(SIGUSR1, on_signal);
	on_signal('r');
	for (;;) {
		(void)sigsuspend(&none);
		if (exits_with >= 0)
			_exit(exits_with);
	}
}

static void start(struct child *child, int exits_with)
{
	char path[32];
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child->pid = fork();
	assert_true(child->pid >= 0);
	if (child->pid == 0) {
		value = 4711;
		told = ends[1];
		wait_for_signal(exits_with);
	}
	close(ends[1]);
	child->says = ends[0];
	assert_int_equal(next(child), 'r');
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", child->pid);
	child->memory = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(child->memory >= 0);
	(void)snprintf(path, sizeof(path), "/proc/%d", child->pid);
	child->jvm = (struct jvm) {
		.pid = child->pid,
		.tid = child->pid,
		.proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC),
	};
	assert_int_equal(hold_begin(&child->hold, &child->jvm), 0);
}

static void on_next_status(struct child *child)
{
	int status;

	assert_int_equal(waitpid(child->pid, &status, __WALL), child->pid);
	hold_on_status(&child->hold, status);
}

static void assert_memory_is_there(const struct child *child)
{
	int there = 0;

	assert_int_equal(pread(child->memory, &there, sizeof(there), (off_t)(uintptr_t)&value),
			 sizeof(there));
	assert_int_equal(there, 4711);
}

/* Ends it in its exit stop, and returns the status that its parent sees. */
static int release(struct child *child)
{
	int status;

	assert_true(child->hold.is_exiting);
	assert_memory_is_there(child);
	hold_release(&child->hold);
	assert_int_equal(child->hold.tid, 0);
	assert_int_equal(waitpid(child->pid, &status, __WALL), child->pid);
	close(child->memory);
	close(child->says);
	close(child->jvm.proc_fd);
	return status;
}

static void memory_of_a_killed_one(void **state)
{
	struct child child;

	(void)state;
	start(&child, -1);
	kill(child.pid, SIGKILL);
	on_next_status(&child);
	assert_int_equal(child.hold.status, SIGKILL);
	assert_int_equal(release(&child), SIGKILL);
}

static void signals_and_the_status_are_passed_on(void **state)
{
	struct child child;

	(void)state;
	start(&child, 3);
	kill(child.pid, SIGUSR1);
	on_next_status(&child); /* the signal's delivery */
	assert_int_equal(next(&child), SIGUSR1);
	on_next_status(&child); /* the exit */
	assert_int_equal(child.hold.status, 3 << 8);
	assert_int_equal(release(&child), 3 << 8);
}

static void a_stop_lasts_until_it_is_continued(void **state)
{
	struct child child;

	(void)state;
	start(&child, 5);
	kill(child.pid, SIGSTOP);
	on_next_status(&child); /* the signal's delivery */
	on_next_status(&child); /* the stop, in which it is to stay */
	kill(child.pid, SIGUSR1); /* does not wake it */
	kill(child.pid, SIGCONT);
	while (!child.hold.is_exiting)
		on_next_status(&child); /* the stop's end, both signals' delivery, the exit */
	assert_int_equal(next(&child), SIGUSR1);
	assert_int_equal(release(&child), 5 << 8);
}

static void released_while_it_runs(void **state)
{
	struct child child;
	int status;

	(void)state;
	start(&child, 7);
	hold_release(&child.hold);
	on_next_status(&child);
	assert_int_equal(child.hold.tid, 0);
	kill(child.pid, SIGUSR1);
	assert_int_equal(waitpid(child.pid, &status, __WALL), child.pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	close(child.memory);
	close(child.says);
}

static void refused_where_another_one_traces(void **state)
{
	struct child child;
	struct hold second;

	(void)state;
	start(&child, -1);
	assert_true(hold_begin(&second, &child.jvm) < 0);
	assert_int_equal(second.tid, 0);
	kill(child.pid, SIGKILL);
	on_next_status(&child);
	(void)release(&child);
}

/* Whoever names a thread of another process gets none. */
static void another_processs_thread(void **state)
{
	struct child one, other;
	struct hold hold;
	struct jvm wrong;

	(void)state;
	start(&one, -1);
	start(&other, 3);
	hold_release(&other.hold);
	on_next_status(&other); /* it runs, and nobody traces it */
	wrong = one.jvm;
	wrong.tid = other.pid;
	assert_int_equal(hold_begin(&hold, &wrong), -ESRCH);
	assert_int_equal(hold.tid, 0);
	assert_int_equal(jvm_tracer(&other.jvm), 0);
	/* as a number that was another's when the threads were listed */
	assert_int_equal(trace_thread(&one.jvm, other.pid, 0), -ESRCH);
	assert_int_equal(jvm_tracer(&other.jvm), 0);
	kill(other.pid, SIGUSR1); /* goes on to its end, untraced */
	assert_int_equal(next(&other), SIGUSR1);
	assert_int_equal(waitpid(other.pid, NULL, __WALL), other.pid);
	kill(one.pid, SIGKILL);
	on_next_status(&one);
	(void)release(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_of_a_killed_one),
		cmocka_unit_test(signals_and_the_status_are_passed_on),
		cmocka_unit_test(a_stop_lasts_until_it_is_continued),
		cmocka_unit_test(released_while_it_runs),
		cmocka_unit_test(another_processs_thread),
		cmocka_unit_test(refused_where_another_one_traces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
