// SPDX-License-Identifier: Apache-2.0
#include "watch/turn.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "test.h"

/* Long enough for another process on a busy machine; nothing is decided by it. */
#define PATIENCE_NS (20 * NANOS_PER_SECOND)

static char directory[32], path[48];

static int make_directory(void **state)
{
	(void)state;
	(void)snprintf(directory, sizeof(directory), "/tmp/test-turn-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/walks", directory);
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(directory);
}

/* A process that has a turn, and says so. It ends when it is killed. */
static pid_t start_other(void)
{
	int ends[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		struct turn turn;

		turn_open_file(&turn, path, 2);
		if (turn_take(&turn, 0) && write(ends[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	close(ends[1]);
	return pid;
}

static void end_other(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void as_many_as_there_may_be(void **state)
{
	pid_t first = start_other(), second = start_other();
	struct turn turn;

	(void)state;
	turn_open_file(&turn, path, 2);
	assert_false(turn_take(&turn, 0));
	assert_int_equal(turn.others, 2);
	turn_end(&turn);
	end_other(second); /* its turn goes with it */
	assert_true(turn_take(&turn, monotonic_ns() + PATIENCE_NS));
	turn_end(&turn);
	turn_close(&turn);
	end_other(first);
}

static void given_back(void **state)
{
	struct turn one, other;

	(void)state;
	turn_open_file(&one, path, 1);
	turn_open_file(&other, path, 1);
	assert_true(turn_take(&one, 0));
	assert_false(turn_take(&other, 0));
	turn_end(&one);
	assert_true(turn_take(&other, 0));
	assert_int_equal(turn_has_others(&other), 0);
	turn_let_others(&other, UINT64_MAX);
	turn_close(&one);
	turn_close(&other);
}

/* Where another user might take all turns there are none: everybody has one. */
static void not_in_a_file_of_others(void **state)
{
	struct turn turn, other;

	(void)state;
	turn_open_file(&turn, path, 1);
	turn_close(&turn);
	assert_int_equal(chmod(path, 0666), 0);
	turn_open_file(&turn, path, 1);
	turn_open_file(&other, "/dev/null", 1);
	assert_int_equal(turn.fd, -1);
	assert_int_equal(other.fd, -1);
	assert_true(turn_take(&turn, 0));
	assert_true(turn_take(&other, 0));
	assert_int_equal(turn_has_others(&turn), 0);
	turn_end(&turn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(as_many_as_there_may_be, make_directory,
						remove_directory),
		cmocka_unit_test_setup_teardown(given_back, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(not_in_a_file_of_others, make_directory,
						remove_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
