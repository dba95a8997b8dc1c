// SPDX-License-Identifier: Apache-2.0
#include "process/proc_stat.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "place.h"

static bool read_of(const char *content, size_t len, char *state, int *parent)
{
	int fd = openat(dir, "stat", O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(text_write(fd, content, len), 0);
	close(fd);
	return proc_stat_read(dir, "stat", state, parent);
}

/* A process chooses its name, and with it what stands before the true fields. */
static void a_name_can_not_forge_the_fields(void **state)
{
	static const char *const stats[] = {
		"42 (java) S 7 42 42 0",
		"42 (a) R 1 () S 7 42 42 0",
		"42 (\n) Z 1\n) S 7 42 42 0",
		"42 ()) S 7",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(stats) / sizeof(*stats); i++) {
		char letter = 0;
		int parent = 0;

		assert_true(read_of(stats[i], strlen(stats[i]), &letter, &parent));
		assert_int_equal(letter, 'S');
		assert_int_equal(parent, 7);
	}
}

static void what_is_cut_off_or_no_stat_is_refused(void **state)
{
	static const char whole[] = "42 (java) S 7";
	static char much[10000];
	char letter;
	int parent;

	(void)state;
	for (size_t len = 0; len < sizeof(whole) - 1; len++)
		assert_false(read_of(whole, len, &letter, &parent));
	memset(much, 'x', sizeof(much));
	memcpy(much + sizeof(much) - sizeof(whole), whole, sizeof(whole));
	assert_false(read_of(much, sizeof(much), &letter, &parent));
	assert_false(proc_stat_read(dir, "none", &letter, &parent));
	/* what is no regular file is not read, let alone waited for */
	assert_int_equal(mkfifoat(dir, "fifo", 0600), 0);
	assert_false(proc_stat_read(dir, "fifo", &letter, &parent));
	assert_int_equal(symlinkat("stat", dir, "link"), 0);
	assert_true(read_of(whole, sizeof(whole) - 1, &letter, &parent));
	assert_false(proc_stat_read(dir, "link", &letter, &parent));
}

static void reads_a_process_until_it_is_reaped(void **state)
{
	char path[32], letter;
	pid_t pid = fork();
	siginfo_t info;
	int parent, descriptors;

	(void)state;
	if (pid == 0) {
		(void)prctl(PR_SET_NAME, ") R 1 (");
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	descriptors = count_descriptors();
	assert_true(proc_stat_read(AT_FDCWD, path, &letter, &parent));
	assert_int_equal(letter, 'Z');
	assert_int_equal(parent, getpid());
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(proc_stat_read(AT_FDCWD, path, &letter, &parent));
	assert_int_equal(count_descriptors(), descriptors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_name_can_not_forge_the_fields, set_up_place,
						tear_down_place),
		cmocka_unit_test_setup_teardown(what_is_cut_off_or_no_stat_is_refused, set_up_place,
						tear_down_place),
		cmocka_unit_test(reads_a_process_until_it_is_reaped),
	};

	end_if_stuck();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
