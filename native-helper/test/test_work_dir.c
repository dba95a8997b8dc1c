// SPDX-License-Identifier: Apache-2.0
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "watch/work_dir.h"

static char place[64];

static int set_up(void **state)
{
	(void)state;
	(void)snprintf(place, sizeof(place), "/tmp/jmortem-test-XXXXXX");
	return mkdtemp(place) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return remove_all_of(place);
}

static void path_of(const char *name, char *path)
{
	(void)snprintf(path, 128, "%s/%s", place, name);
}

static void make(const char *name, const char *file, time_t age)
{
	struct timeval times[2] = {};
	char path[128], inside[256];

	path_of(name, path);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(inside, sizeof(inside), "%s/%s", path, file);
	close(open(inside, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	times[0].tv_sec = times[1].tv_sec = time(NULL) - age;
	assert_int_equal(utimes(path, times), 0);
}

static bool exists(const char *name)
{
	char path[128];

	path_of(name, path);
	return access(path, F_OK) == 0;
}

static void removes_what_was_left(void **state)
{
	char own[128], held[128];
	int ends[2], status;
	pid_t holder;

	(void)state;
	make("jmortem-1", "helper", 0);
	make("jmortem-2", "helper", 3600);
	make("jmortem-3", "helper", 5);
	make("jmortem-4", "somebody's", 3600);
	make("jmortem-5", "helper", 3600);
	make("jmortem-reports", "helper", 3600);
	path_of("jmortem-1", own);
	path_of("jmortem-5", held);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	holder = fork();
	if (holder == 0) {
		work_dir_keep(held);
		(void)!write(ends[1], "", 1);
		pause();
	}
	assert_int_equal(read(ends[0], &status, 1), 1);
	work_dir_tidy(own);
	assert_true(exists("jmortem-1"));
	assert_false(exists("jmortem-2")); /* its JVM died before a helper began */
	assert_true(exists("jmortem-3")); /* perhaps it begins just now */
	assert_true(exists("jmortem-4/somebody's"));
	assert_true(exists("jmortem-5/helper")); /* its helper lives */
	assert_true(exists("jmortem-reports/helper"));
	kill(holder, SIGKILL);
	(void)waitpid(holder, NULL, 0);
	work_dir_tidy(own);
	assert_false(exists("jmortem-5"));
	close(ends[0]);
	close(ends[1]);
	work_dir_remove(own);
	assert_false(exists("jmortem-1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(removes_what_was_left, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
