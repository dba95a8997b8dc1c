// SPDX-License-Identifier: Apache-2.0
#include "java/java_process.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "test.h"

static char place[64], java[80];

static int set_up(void **state)
{
	(void)state;
	(void)snprintf(place, sizeof(place), "/tmp/jmortem-test-XXXXXX");
	(void)snprintf(java, sizeof(java), "%s/java", mkdtemp(place) ? place : "");
	return *java != '/';
}

static int tear_down(void **state)
{
	(void)state;
	return remove_all_of(place);
}

static void become_java(void *context)
{
	const struct config config = { .java = java, .jar = "the.jar" };

	(void)context;
	java_exec(&config, 0, "-Xmx1m", "-XX:option", "a.Main", "argument with blanks", NULL);
}

/* What a shell script in java's place says. */
static void run(void (*body)(void *context), const char *script, char *heard, size_t size)
{
	int fd = open(java, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0700);

	assert_true(fd >= 0);
	assert_true(dprintf(fd, "#!/bin/sh\n%s\n", script) > 0);
	close(fd);
	(void)hear_child(STDOUT_FILENO, body, NULL, heard, size);
}

static void is_given_a_small_quiet_vm(void **state)
{
	char heard[4096];

	(void)state;
	run(become_java, "for one; do echo \"[$one]\"; done", heard, sizeof(heard));
	assert_non_null(strstr(heard, "[-Xmx1m]\n"));
	assert_non_null(strstr(heard, "[-XX:-CreateCoredumpOnCrash]\n"));
	assert_non_null(strstr(heard, "[-XX:-UsePerfData]\n"));
	assert_non_null(strstr(heard, "[-XX:option]\n[-cp]\n[the.jar]\n[a.Main]\n"
				      "[argument with blanks]\n"));
}

static void with_an_environment(void *context)
{
	static const char *const variables[] = {
		"JAVA_TOOL_OPTIONS=-javaagent:x",
		"JDK_JAVA_OPTIONS=-javaagent:x",
		"_JAVA_OPTIONS=-javaagent:x",
		"LD_PRELOAD_=x",
		"CLASSPATH=x",
		"XPATH=x",
		"LANGUAGE=x",
		"PASSWORD=x",
		"LC_ALL=C",
		"TZ=UTC",
		"HOME=/nowhere",
	};

	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		(void)putenv((char *)variables[i]);
	become_java(context);
}

/* What is told to every JVM of its user would start an agent in this one too. */
static void leaves_the_environment_behind(void **state)
{
	char heard[16384];

	(void)state;
	run(with_an_environment, "env", heard, sizeof(heard));
	assert_non_null(strstr(heard, "LC_ALL=C\n"));
	assert_non_null(strstr(heard, "TZ=UTC\n"));
	assert_non_null(strstr(heard, "HOME=/nowhere\n"));
	assert_null(strstr(heard, "=x\n"));
	assert_null(strstr(heard, "javaagent"));
}

static void with_a_large_environment(void *context)
{
	static char variables[200][16];

	(void)clearenv();
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
		(void)snprintf(variables[i], sizeof(variables[i]), "LC_%zu=y", i);
		CHILD_ASSERT(putenv(variables[i]) == 0);
	}
	become_java(context);
}

static void an_environment_of_any_size_is_cut_off(void **state)
{
	char heard[16384];
	size_t count = 0;

	(void)state;
	run(with_a_large_environment, "/usr/bin/env", heard, sizeof(heard));
	for (const char *at = heard; (at = strstr(at, "=y\n")); at++)
		count++;
	assert_int_equal(count, 63);
}

static void with_signals(void *context)
{
	(void)signal(SIGPIPE, SIG_IGN);
	become_java(context);
}

/* What ends a whole service must not end its inspection. */
static void signals_that_end_a_service_do_not_end_it(void **state)
{
	char heard[4096];

	(void)state;
	run(with_signals,
	    "kill -HUP $$; kill -INT $$; kill -TERM $$; echo lives; kill -PIPE $$; echo lives on",
	    heard, sizeof(heard));
	assert_string_equal(heard, "lives\n");
}

static void with_descriptors(void *context)
{
	for (int fd = 3; fd <= 9; fd++)
		CHILD_ASSERT(dup2(STDOUT_FILENO, fd) == fd);
	become_java(context);
}

static void what_is_handed_over_has_the_first_numbers(void **state)
{
	char heard[4096];

	(void)state;
	/* the last one is of the directory that is listed */
	run(with_descriptors, "ls /proc/self/fd", heard, sizeof(heard));
	assert_string_equal(heard, "0\n1\n2\n3\n4\n5\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(is_given_a_small_quiet_vm, set_up, tear_down),
		cmocka_unit_test_setup_teardown(leaves_the_environment_behind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_environment_of_any_size_is_cut_off, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(signals_that_end_a_service_do_not_end_it, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_is_handed_over_has_the_first_numbers, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
