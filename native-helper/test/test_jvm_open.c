// SPDX-License-Identifier: Apache-2.0
#include "process/jvm_open.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "test.h"

static volatile int value = 42;

static void change_value(void *directory)
{
	value = 4711;
	CHILD_ASSERT(!directory || chdir(directory) == 0);
}

static bool is_closed_by_exec(int fd)
{
	return fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void no_descriptor_outlives_it(void **state)
{
	pid_t pid = start_waiting(NULL, NULL);
	int before = count_descriptors();
	struct jvm jvm;

	(void)state;
	assert_int_equal(jvm_open(&jvm, pid, 0, JVM_IS_OTHER), 0);
	jvm_open_memory(&jvm);
	assert_int_equal(jvm.tid, pid);
	assert_true(is_closed_by_exec(jvm.pidfd));
	assert_true(is_closed_by_exec(jvm.proc_fd));
	assert_true(is_closed_by_exec(jvm.root_fd));
	assert_true(is_closed_by_exec(jvm.mounts_fd));
	assert_true(is_closed_by_exec(jvm.mem_fd));
	assert_true(jvm.libc.code.start > 0);
	jvm_close(&jvm);
	assert_int_equal(count_descriptors(), before);
	assert_true(end_waiting(pid));
}

/* It is what gets traced. */
static void refuses_another_processs_thread_for_an_anchor(void **state)
{
	pid_t pid = start_waiting(NULL, NULL);
	int before = count_descriptors();
	struct jvm jvm;

	(void)state;
	assert_int_equal(jvm_open(&jvm, pid, getpid(), JVM_IS_OTHER), -ESRCH);
	jvm_close(&jvm);
	assert_int_equal(jvm_open(&jvm, pid, 1, JVM_IS_OTHER), -ESRCH);
	jvm_close(&jvm);
	assert_int_equal(count_descriptors(), before);
	assert_true(end_waiting(pid));
}

static void refuses_what_has_ended(void **state)
{
	pid_t pid = start_waiting(NULL, NULL);
	int before = count_descriptors();
	siginfo_t info;
	struct jvm jvm;

	(void)state;
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(jvm_open(&jvm, pid, pid, JVM_IS_OTHER), -ESRCH);
	jvm_close(&jvm);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(jvm_open(&jvm, pid, pid, JVM_IS_OTHER), -ESRCH);
	assert_true(jvm_has_ended(&jvm));
	jvm_close(&jvm);
	assert_true(jvm_open(&jvm, -1, 0, JVM_IS_OTHER) < 0);
	jvm_close(&jvm);
	assert_int_equal(count_descriptors(), before);
}

/* What was opened stays of the process that was, with what can be told of it. */
static void stays_with_one_that_ends(void **state)
{
	pid_t pid = start_waiting(NULL, NULL);
	uint32_t status = 0;
	siginfo_t info;
	struct jvm jvm;
	int err;

	(void)state;
	assert_int_equal(jvm_open(&jvm, pid, pid, JVM_IS_OTHER), 0);
	assert_false(jvm_has_ended(&jvm));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_true(jvm_has_ended(&jvm));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(jvm_has_ended(&jvm));
	assert_true(jvm_open_cwd(&jvm) < 0);
	jvm_open_memory(&jvm);
	assert_true(jvm.mem_fd < 0);
	err = jvm_exit_status(&jvm, &status);
	if (err)
		print_message("this kernel does not tell the status: %s\n", strerror(-err));
	else
		assert_int_equal(status, SIGKILL);
	jvm_close(&jvm);
}

static void reads_its_memory_and_not_our_own(void **state)
{
	char place[] = "/tmp/jmortem-test-XXXXXX";
	struct stat expected, found;
	struct jvm jvm;
	int read_value = 0, cwd;
	pid_t pid;

	(void)state;
	assert_non_null(mkdtemp(place));
	pid = start_waiting(change_value, place);
	assert_int_equal(jvm_open(&jvm, pid, pid, JVM_IS_OTHER), 0);
	jvm_open_memory(&jvm);
	assert_true(jvm.mem_fd >= 0);
	assert_int_equal(
		pread(jvm.mem_fd, &read_value, sizeof(read_value), (off_t)(uintptr_t)&value),
		sizeof(read_value));
	assert_int_equal(read_value, 4711);
	assert_int_equal(value, 42);
	cwd = jvm_open_cwd(&jvm);
	assert_true(is_closed_by_exec(cwd));
	assert_int_equal(fstat(cwd, &found), 0);
	assert_int_equal(stat(place, &expected), 0);
	assert_int_equal(found.st_ino, expected.st_ino);
	close(cwd);
	jvm_close(&jvm);
	assert_true(end_waiting(pid));
	assert_int_equal(rmdir(place), 0);
}

static void of_one_that_had_ended_there_is_our_root_alone(void **state)
{
	int before = count_descriptors();
	struct jvm jvm;
	uint32_t status;

	(void)state;
	jvm_of_ended(&jvm, 4711);
	assert_int_equal(jvm.pid, 4711);
	assert_true(is_closed_by_exec(jvm.root_fd));
	assert_true(jvm.mem_fd < 0);
	assert_true(jvm_has_ended(&jvm));
	assert_true(jvm_open_cwd(&jvm) < 0);
	assert_true(jvm_exit_status(&jvm, &status) < 0);
	jvm_close(&jvm);
	assert_int_equal(count_descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_descriptor_outlives_it),
		cmocka_unit_test(refuses_another_processs_thread_for_an_anchor),
		cmocka_unit_test(refuses_what_has_ended),
		cmocka_unit_test(stays_with_one_that_ends),
		cmocka_unit_test(reads_its_memory_and_not_our_own),
		cmocka_unit_test(of_one_that_had_ended_there_is_our_root_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
