// SPDX-License-Identifier: Apache-2.0
#include "process/jvm_threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "test.h"

/* Long enough for a thread to end on a busy machine; nothing is decided by it. */
#define PATIENCE_NS (20 * NANOS_PER_SECOND)
#define MAX_NAMES 4

/* A child's threads: shared with it. */
struct threads {
	const char *names[MAX_NAMES + 1]; /* but for its first one's; ended by NULL */
	pid_t tids[MAX_NAMES];
	int go; /* they end when it is closed */
	bool executes; /* the first of them becomes another program then */
};

static struct threads *threads;
static struct jvm jvm;
static int go;
static size_t number;

static void *be_thread(void *ready)
{
	size_t own = number;
	char byte;

	(void)prctl(PR_SET_NAME, threads->names[own]);
	threads->tids[own] = (pid_t)syscall(SYS_gettid);
	(void)!write(*(int *)ready, "", 1);
	(void)!read(threads->go, &byte, 1);
	if (threads->executes && own == 0) {
		(void)execl("/bin/true", "true", NULL);
		_exit(98);
	}
	return NULL;
}

static void start_threads(void *context)
{
	int ready[2];
	char byte;

	(void)context;
	close(go);
	CHILD_ASSERT(pipe2(ready, O_CLOEXEC) == 0);
	for (number = 0; threads->names[number]; number++) {
		pthread_t thread;

		/* one after the other, so that their age is in their order */
		CHILD_ASSERT(pthread_create(&thread, NULL, be_thread, &ready[1]) == 0);
		CHILD_ASSERT(read(ready[0], &byte, 1) == 1);
	}
}

static int set_up(void **state)
{
	(void)state;
	threads = mmap(NULL, sizeof(*threads), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	jvm = (struct jvm) { .pid = -1, .proc_fd = -1 };
	return threads == MAP_FAILED;
}

static int tear_down(void **state)
{
	(void)state;
	if (jvm.pid > 0)
		(void)kill(jvm.pid, SIGKILL);
	while (waitpid(-1, NULL, __WALL) > 0) /* traced threads too, or the process has no end */
		;
	close(jvm.proc_fd);
	close(go);
	close(threads->go);
	return munmap(threads, sizeof(*threads));
}

static void start(void)
{
	char path[32];
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	threads->go = ends[0];
	go = ends[1];
	jvm.pid = jvm.tid = start_waiting(start_threads, NULL);
	assert_true(jvm.pid > 0);
	(void)snprintf(path, sizeof(path), "/proc/%d", jvm.pid);
	jvm.proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(jvm.proc_fd >= 0);
}

/* ---- the anchor ------------------------------------------------------------------ */

static void what_waits_for_ever_is_the_best_anchor(void **state)
{
	int before;

	(void)state;
	threads->names[0] = "Finalizer";
	threads->names[1] = "Service Thread";
	threads->names[2] = "Reference Handl";
	threads->names[3] = "main";
	start();
	before = count_descriptors();
	assert_int_equal(jvm_choose_anchor(&jvm), threads->tids[2]);
	assert_int_equal(count_descriptors(), before);
}

/* An application may give its own threads any name, but HotSpot's come first. */
static void of_several_by_one_name_the_oldest_is_the_anchor(void **state)
{
	(void)state;
	threads->names[0] = "main";
	threads->names[1] = "Finalizer";
	threads->names[2] = "Finalizer";
	threads->names[3] = "Service Thread";
	start();
	assert_int_equal(jvm_choose_anchor(&jvm), threads->tids[1]);
}

static void without_a_name_that_is_known_the_first_thread_is_the_anchor(void **state)
{
	(void)state;
	threads->names[0] = "Finalizer2";
	threads->names[1] = "Finalize";
	threads->names[2] = "";
	threads->names[3] = "Reference Hand";
	start();
	assert_int_equal(jvm_choose_anchor(&jvm), jvm.pid);
}

/* ---- the others ------------------------------------------------------------------ */

static void waits_until_the_others_have_gone(void **state)
{
	(void)state;
	threads->names[0] = "main";
	threads->names[1] = "other";
	start();
	assert_int_equal(jvm_await_other_threads(&jvm, 0), THREADS_RUN);
	assert_true(jvm_has_other_threads(&jvm));
	close(go);
	go = -1;
	assert_int_equal(jvm_await_other_threads(&jvm, monotonic_ns() + PATIENCE_NS), THREADS_GONE);
	assert_false(jvm_has_other_threads(&jvm));
}

static void the_anchor_is_none_of_the_others(void **state)
{
	(void)state;
	threads->names[0] = "anchor";
	start();
	jvm.tid = threads->tids[0];
	assert_int_equal(jvm_await_other_threads(&jvm, 0), THREADS_RUN); /* the first one */
	jvm.tid = jvm.pid;
	close(go);
	go = -1;
	assert_int_equal(jvm_await_other_threads(&jvm, monotonic_ns() + PATIENCE_NS), THREADS_GONE);
}

/* The kernel ends all others first; the anchor is held in its exit, as by the helper. */
static void knows_that_one_becomes_another_program(void **state)
{
	int status;

	(void)state;
	threads->names[0] = "executes";
	threads->executes = true;
	start();
	if (ptrace(PTRACE_SEIZE, jvm.pid, NULL, (long)PTRACE_O_TRACEEXIT)) {
		print_message("skipped: no child may be traced here\n");
		skip();
	}
	close(go);
	go = -1;
	assert_int_equal(waitpid(jvm.pid, &status, __WALL), jvm.pid);
	assert_int_equal(status >> 16, PTRACE_EVENT_EXIT);
	assert_int_equal(jvm_await_other_threads(&jvm, monotonic_ns() + PATIENCE_NS), THREADS_EXEC);
	assert_int_equal(ptrace(PTRACE_DETACH, jvm.pid, NULL, 0L), 0);
	assert_int_equal(waitpid(jvm.pid, &status, 0), jvm.pid);
	assert_int_equal(status, 0);
	jvm.pid = -1;
}

/* ---- one of them ----------------------------------------------------------------- */

static void a_thread_belongs_to_one_process_alone(void **state)
{
	(void)state;
	threads->names[0] = "other";
	start();
	assert_true(jvm_has_thread(&jvm, jvm.pid));
	assert_true(jvm_has_thread(&jvm, threads->tids[0]));
	assert_false(jvm_has_thread(&jvm, getpid()));
	assert_false(jvm_has_thread(&jvm, 1));
	assert_false(jvm_has_thread(&jvm, 0));
	assert_false(jvm_has_thread(&jvm, -1));
}

static void finds_whoever_traces_any_thread(void **state)
{
	int before;

	(void)state;
	threads->names[0] = "traced";
	start();
	before = count_descriptors();
	assert_int_equal(jvm_tracer(&jvm), 0);
	if (ptrace(PTRACE_SEIZE, threads->tids[0], NULL, 0L)) {
		print_message("skipped: no child may be traced here\n");
		skip();
	}
	assert_int_equal(jvm_tracer(&jvm), getpid());
	assert_int_equal(count_descriptors(), before);
	/* the process ends when whoever traces one of its threads has heard of that one's end */
	assert_int_equal(kill(jvm.pid, SIGKILL), 0);
	assert_int_equal(waitpid(threads->tids[0], NULL, __WALL), threads->tids[0]);
}

static void knows_how_a_process_stands(void **state)
{
	struct jvm_user user;
	siginfo_t info;

	(void)state;
	start();
	assert_int_equal(kill(jvm.pid, SIGSTOP), 0);
	assert_int_equal(waitid(P_PID, (id_t)jvm.pid, &info, WSTOPPED | WNOWAIT), 0);
	assert_int_equal(jvm_state(&jvm, jvm.pid), 'T');
	user = jvm_read_user(&jvm);
	assert_true(user.is_known);
	assert_int_equal(kill(jvm.pid, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)jvm.pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(jvm_state(&jvm, jvm.pid), 'Z');
	assert_int_equal(waitpid(jvm.pid, NULL, 0), jvm.pid);
	/* of one that is gone nothing is known, and nothing fails */
	assert_int_equal(jvm_state(&jvm, jvm.pid), 0);
	assert_int_equal(jvm_choose_anchor(&jvm), jvm.pid);
	assert_int_equal(jvm_await_other_threads(&jvm, UINT64_MAX), THREADS_GONE);
	assert_int_equal(jvm_tracer(&jvm), 0);
	user = jvm_read_user(&jvm);
	assert_false(user.is_known);
	jvm.pid = -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_waits_for_ever_is_the_best_anchor, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(of_several_by_one_name_the_oldest_is_the_anchor,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			without_a_name_that_is_known_the_first_thread_is_the_anchor, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(waits_until_the_others_have_gone, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_anchor_is_none_of_the_others, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(knows_that_one_becomes_another_program, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_thread_belongs_to_one_process_alone, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(finds_whoever_traces_any_thread, set_up, tear_down),
		cmocka_unit_test_setup_teardown(knows_how_a_process_stands, set_up, tear_down),
	};

	end_if_stuck();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
