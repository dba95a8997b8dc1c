// SPDX-License-Identifier: Apache-2.0
#include "probes/known_files.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "test.h"

static char place[64], found[64 * 1024];

static int set_up(void **state)
{
	(void)state;
	if (!make_place(place, sizeof(place)))
		return -1;
	*found = '\0';
	/* no others than those of the test, but for what lies in /usr/lib/jvm and /opt */
	return setenv("PATH", "/jmortem/none", 1) || setenv("HOME", place, 1) ||
	       unsetenv("JAVA_HOME");
}

static int tear_down(void **state)
{
	(void)state;
	return remove_all_of(place);
}

/* A file below the place, and the directories that it is in. */
static void make_file(const char *name)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", place, name);
	for (char *at = path + strlen(place) + 1; (at = strchr(at, '/')); *at++ = '/') {
		*at = '\0';
		(void)mkdir(path, 0700);
	}
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0700));
}

static void note(void *context, const char *path)
{
	size_t len = strlen(found);

	assert_ptr_equal(context, found);
	(void)snprintf(found + len, sizeof(found) - len, "%s\n", path);
}

static bool finds(const char *name)
{
	char line[PATH_MAX];

	(void)snprintf(line, sizeof(line), "%s/%s\n", place, name);
	return strstr(found, line) != NULL;
}

static void search(const char *launcher)
{
	char java[PATH_MAX];

	(void)snprintf(java, sizeof(java), "%s/%s", place, launcher);
	*found = '\0';
	known_libjvms(java, note, found);
}

static void finds_libjvm_beside_a_launcher_of_any_age(void **state)
{
	(void)state;
	make_file("17/bin/java");
	make_file("17/lib/server/libjvm.so");
	make_file("8/jre/bin/java");
	make_file("8/jre/lib/amd64/server/libjvm.so");
	make_file("8/bin/java");
	make_file("client/bin/java");
	make_file("client/lib/client/libjvm.so");
	search("17/bin/java");
	assert_true(finds("17/lib/server/libjvm.so"));
	assert_false(finds("8/jre/lib/amd64/server/libjvm.so"));
	search("8/jre/bin/java");
	assert_true(finds("8/jre/lib/amd64/server/libjvm.so"));
	search("8/bin/java");
	assert_true(finds("8/jre/lib/amd64/server/libjvm.so"));
	search("client/bin/java");
	assert_true(finds("client/lib/client/libjvm.so"));
}

static void follows_the_links_that_lead_to_a_launcher(void **state)
{
	char link[PATH_MAX], target[PATH_MAX];

	(void)state;
	make_file("jdk/bin/java");
	make_file("jdk/lib/server/libjvm.so");
	make_file("usr/bin/other");
	(void)snprintf(target, sizeof(target), "%s/jdk/bin/java", place);
	(void)snprintf(link, sizeof(link), "%s/usr/bin/java", place);
	assert_int_equal(symlink(target, link), 0);
	search("usr/bin/java");
	assert_true(finds("jdk/lib/server/libjvm.so"));
}

/* Where people keep JDKs in their own directory for programs. */
static void a_jdk_may_lie_in_a_directory_called_bin(void **state)
{
	(void)state;
	make_file("bin/java-17/bin/java");
	make_file("bin/java-17/lib/server/libjvm.so");
	search("bin/java-17/bin/java");
	assert_true(finds("bin/java-17/lib/server/libjvm.so"));
}

/* To glob(3) these characters mean something else. */
static void the_name_of_a_directory_may_have_any_characters(void **state)
{
	(void)state;
	make_file("[1]*\\?/bin/java");
	make_file("[1]*\\?/lib/server/libjvm.so");
	search("[1]*\\?/bin/java");
	assert_true(finds("[1]*\\?/lib/server/libjvm.so"));
}

static void looks_into_the_environment(void **state)
{
	char value[4 * PATH_MAX];

	(void)state;
	make_file("home/bin/java");
	make_file("home/lib/server/libjvm.so");
	make_file("on path/bin/java");
	make_file("on path/lib/server/libjvm.so");
	make_file(".sdkman/candidates/java/21/lib/server/libjvm.so");
	(void)snprintf(value, sizeof(value), "%s/home", place);
	assert_int_equal(setenv("JAVA_HOME", value, 1), 0);
	(void)snprintf(value, sizeof(value), "::/jmortem/none:%s/on path/bin:", place);
	assert_int_equal(setenv("PATH", value, 1), 0);
	search("none");
	assert_true(finds("home/lib/server/libjvm.so"));
	assert_true(finds("on path/lib/server/libjvm.so"));
	assert_true(finds(".sdkman/candidates/java/21/lib/server/libjvm.so"));
}

/* Of any length, and with what a pattern would take for its own. */
static void an_odd_environment_finds_nothing(void **state)
{
	static char much[5 * PATH_MAX];

	(void)state;
	memset(much, '/', sizeof(much) - 1);
	assert_int_equal(setenv("PATH", much, 1), 0);
	assert_int_equal(setenv("JAVA_HOME", much, 1), 0);
	memset(much, 'x', sizeof(much) - 1);
	assert_int_equal(setenv("HOME", much, 1), 0);
	search("none");
	assert_null(strstr(found, place));
	assert_int_equal(unsetenv("PATH"), 0);
	assert_int_equal(unsetenv("HOME"), 0);
	assert_int_equal(unsetenv("JAVA_HOME"), 0);
	search("none");
	assert_null(strstr(found, place));
	known_libjvms(place, note, found); /* no launcher at all */
	assert_null(strstr(found, place));
}

static void only_what_can_be_read_is_a_libc(void **state)
{
	(void)state;
	known_libcs(note, found);
	for (char *line = strtok(found, "\n"); line; line = strtok(NULL, "\n"))
		assert_int_equal(access(line, R_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds_libjvm_beside_a_launcher_of_any_age, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(follows_the_links_that_lead_to_a_launcher, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_jdk_may_lie_in_a_directory_called_bin, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_name_of_a_directory_may_have_any_characters,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(looks_into_the_environment, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_odd_environment_finds_nothing, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(only_what_can_be_read_is_a_libc, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
