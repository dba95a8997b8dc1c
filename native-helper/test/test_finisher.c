// SPDX-License-Identifier: Apache-2.0
#include "java/finisher.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

struct world {
	char place[64], reports[80], java[80], called[80];
	struct config config;
};

/* In place of Java: a script that notes how it is called. */
static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	FILE *script;

	if (!world)
		return -1;
	*state = world;
	if (!make_place(world->place, sizeof(world->place)))
		return -1;
	(void)snprintf(world->reports, sizeof(world->reports), "%s/reports", world->place);
	(void)snprintf(world->java, sizeof(world->java), "%s/java", world->place);
	(void)snprintf(world->called, sizeof(world->called), "%s/called", world->place);
	script = fopen(world->java, "we");
	if (!script || fprintf(script, "#!/bin/sh\necho \"$@\" > %s\n", world->called) < 0 ||
	    fclose(script))
		return -1;
	world->config.java = world->java;
	world->config.jar = "jmortem.jar";
	world->config.dir = world->reports;
	return chmod(world->java, 0700);
}

static int tear_down(void **state)
{
	struct world *world = *state;

	(void)remove_all_of(world->place);
	free(world);
	return 0;
}

static void make_file(const struct world *world, const char *report, const char *name)
{
	char path[200];
	int fd;

	(void)mkdir(world->reports, 0700);
	(void)snprintf(path, sizeof(path), "%s/%s", world->reports, report);
	(void)mkdir(path, 0700);
	(void)snprintf(path, sizeof(path), "%s/%s/%s", world->reports, report, name);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static void does_nothing_without_evidence(void **state)
{
	struct world *world = *state;

	assert_int_equal(finisher_start(&world->config), 0); /* there is no directory */
	make_file(world, "whole", "evidence.ndjson");
	make_file(world, "whole", "report.json");
	make_file(world, "other", "notes");
	assert_int_equal(finisher_start(&world->config), 0);
	assert_int_equal(access(world->called, F_OK), -1);
}

static void starts_java_for_what_lacks_a_report(void **state)
{
	struct world *world = *state;
	struct text called = {};
	int before = count_descriptors(), status;
	pid_t pid;

	make_file(world, "plain", "evidence.ndjson");
	make_file(world, "plain", "report.txt");
	pid = finisher_start(&world->config);
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(text_read_file(&called, AT_FDCWD, world->called, 4096), 0);
	text_append(&called, "", 1);
	assert_non_null(strstr(called.data, "io.jmortem.reporter.Finisher "));
	assert_non_null(strstr(called.data, world->reports));
	text_free(&called);
	assert_int_equal(count_descriptors(), before);
}

/* Others could put evidence of their own making there. */
static void leaves_a_directory_that_others_can_change(void **state)
{
	struct world *world = *state;

	make_file(world, "plain", "evidence.ndjson");
	assert_int_equal(chmod(world->reports, 0777), 0);
	assert_int_equal(finisher_start(&world->config), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(does_nothing_without_evidence, set_up, tear_down),
		cmocka_unit_test_setup_teardown(starts_java_for_what_lacks_a_report, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(leaves_a_directory_that_others_can_change, set_up,
						tear_down),
	};

	end_if_stuck();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
