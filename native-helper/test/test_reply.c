// SPDX-License-Identifier: Apache-2.0
#include "watch/reply.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

/* Lines of fixed words. */
static void reply_all(void *context)
{
	(void)context;
	reply_failed(REFUSED_CONFIGURATION, "a=b");
	reply_failed(REFUSED_PROCESS, "No such process");
	reply_failed(REFUSED_WATCHED, "it is watched");
	reply_failed(REFUSED_QUOTA, "too many");
	reply_failed(REFUSED_SYSTEM, "no memory");
	reply_report("/a directory/report");
	reply_report("/two\nlines");
	reply_ended(true, 0x8b);
	reply_ended(false, 7);
}

static void each_reply_is_one_line(void **state)
{
	char heard[4096];

	(void)state;
	(void)hear_child(STDOUT_FILENO, reply_all, NULL, heard, sizeof(heard));
	assert_string_equal(heard, "failed configuration a=b\n"
				   "failed process No such process\n"
				   "failed watched it is watched\n"
				   "failed quota too many\n"
				   "failed system no memory\n"
				   "report /a directory/report\n"
				   "report /two?lines\n"
				   "ended 139\n"
				   "ended unknown\n");
}

static void reply_with_pid(void *context)
{
	(void)context;
	reply_armed("full");
	(void)fprintf(stdout, "%d", getpid());
	(void)fflush(stdout);
}

static void armed_tells_the_helpers_own_pid(void **state)
{
	char heard[256], expected[64];
	long pid;

	(void)state;
	(void)hear_child(STDOUT_FILENO, reply_with_pid, NULL, heard, sizeof(heard));
	assert_non_null(strchr(heard, '\n'));
	pid = strtol(strchr(heard, '\n'), NULL, 10);
	(void)snprintf(expected, sizeof(expected), "armed full %ld\n%ld", pid, pid);
	assert_string_equal(heard, expected);
}

static void reply_path(void *path)
{
	reply_report(path);
}

/* A listener reads lines: without its end it would wait for more. */
static void a_line_that_is_too_long_has_its_end(void **state)
{
	static char path[2 * PATH_MAX], heard[3 * PATH_MAX];

	(void)state;
	for (size_t len = PATH_MAX + 16; len < PATH_MAX + 48; len++) {
		size_t all;

		memset(path, 'x', len);
		path[len] = '\0';
		all = hear_child(STDOUT_FILENO, reply_path, path, heard, sizeof(heard));
		assert_true(all > PATH_MAX && all <= len + 8);
		assert_ptr_equal(strchr(heard, '\n'), heard + all - 1);
	}
}

static bool answers(const char *answer, size_t len)
{
	int questions[2], replies[2], status = -1;
	char heard[64] = "", expected[64];
	pid_t pid;

	assert_int_equal(pipe2(questions, O_CLOEXEC), 0);
	assert_int_equal(pipe2(replies, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		close(replies[1]);
		if (dup2(questions[1], STDOUT_FILENO) < 0 || dup2(replies[0], STDIN_FILENO) < 0)
			_exit(99);
		_exit(reply_ask_permission() ? 0 : 1);
	}
	close(questions[1]);
	close(replies[0]);
	(void)!read(questions[0], heard, sizeof(heard) - 1);
	(void)snprintf(expected, sizeof(expected), "allow %d\n", pid);
	(void)!write(replies[1], answer, len);
	close(replies[1]);
	close(questions[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_string_equal(heard, expected);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
	return status == 0;
}

static void asks_for_permission_and_waits_for_the_answer(void **state)
{
	(void)state;
	assert_true(answers("\n", 1));
	assert_false(answers("", 0)); /* it has gone instead */
}

static void reply_to_nobody(void *context)
{
	sigset_t all;
	int ends[2], answer[2];

	(void)context;
	CHILD_ASSERT(pipe(answer) == 0 && write(answer[1], "\n", 1) == 1);
	CHILD_ASSERT(dup2(answer[0], STDIN_FILENO) == STDIN_FILENO);
	sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL); /* as daemonize() does */
	CHILD_ASSERT(pipe2(ends, O_CLOEXEC) == 0);
	close(ends[0]);
	CHILD_ASSERT(dup2(ends[1], STDOUT_FILENO) == STDOUT_FILENO);
	reply_armed("full");
	reply_report("/a");
	CHILD_ASSERT(!reply_ask_permission()); /* nobody was asked: it is no answer */
	reply_close();
	CHILD_ASSERT(fcntl(STDIN_FILENO, F_GETFD) < 0 && fcntl(STDOUT_FILENO, F_GETFD) < 0);
	reply_ended(true, 0);
}

static void a_listener_that_has_gone_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(run_in_child(reply_to_nobody, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reply_is_one_line),
		cmocka_unit_test(armed_tells_the_helpers_own_pid),
		cmocka_unit_test(a_line_that_is_too_long_has_its_end),
		cmocka_unit_test(asks_for_permission_and_waits_for_the_answer),
		cmocka_unit_test(a_listener_that_has_gone_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
