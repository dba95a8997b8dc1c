// SPDX-License-Identifier: Apache-2.0
#include "base/origin.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static char place[64];

/* Each in a child: what is noted is the process's, and so is its directory. */
static int set_up(void **state)
{
	(void)state;
	(void)snprintf(place, sizeof(place), "/tmp/jmortem-test-XXXXXX");
	return mkdtemp(place) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return access(place, F_OK) ? 0 : remove_all_of(place);
}

static void leave_it(void *context)
{
	char expected[PATH_MAX], resolved[PATH_MAX];
	int fd;

	(void)context;
	CHILD_ASSERT(chdir(place) == 0);
	origin_note();
	CHILD_ASSERT(chdir("/") == 0);
	CHILD_ASSERT(strcmp(origin()->path, place) == 0);
	CHILD_ASSERT(origin_resolve("reports/of mine", resolved, sizeof(resolved)));
	(void)snprintf(expected, sizeof(expected), "%s/reports/of mine", place);
	CHILD_ASSERT(strcmp(resolved, expected) == 0);
	CHILD_ASSERT(origin_resolve("/var/tmp", resolved, sizeof(resolved)));
	CHILD_ASSERT(strcmp(resolved, "/var/tmp") == 0);
	fd = openat(origin()->fd, "found", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	CHILD_ASSERT(fd >= 0);
	(void)snprintf(expected, sizeof(expected), "%s/found", place);
	CHILD_ASSERT(access(expected, F_OK) == 0);
	CHILD_ASSERT(fcntl(origin()->fd, F_GETFD) & FD_CLOEXEC);
}

static void stays_known_after_it_is_left(void **state)
{
	(void)state;
	assert_int_equal(run_in_child(leave_it, NULL), 0);
}

/* A path that is cut off would be another one. */
static void resolve_long_paths(void *context)
{
	char resolved[PATH_MAX], longest[PATH_MAX];
	size_t room = sizeof(resolved) - 1 - strlen(place) - 1;

	(void)context;
	CHILD_ASSERT(chdir(place) == 0);
	origin_note();
	memset(longest, 'x', sizeof(longest));
	longest[room] = '\0';
	CHILD_ASSERT(origin_resolve(longest, resolved, sizeof(resolved)));
	CHILD_ASSERT(strlen(resolved) == sizeof(resolved) - 1);
	longest[room] = 'x';
	longest[room + 1] = '\0';
	CHILD_ASSERT(!origin_resolve(longest, resolved, sizeof(resolved)));
	*longest = '/';
	CHILD_ASSERT(origin_resolve(longest, resolved, room + 2));
	CHILD_ASSERT(!origin_resolve(longest, resolved, room + 1));
}

static void refuses_a_path_that_is_too_long(void **state)
{
	(void)state;
	assert_int_equal(run_in_child(resolve_long_paths, NULL), 0);
}

static void remove_it(void *context)
{
	char resolved[PATH_MAX];

	(void)context;
	origin_note();
	CHILD_ASSERT(*origin()->path == '/');
	CHILD_ASSERT(chdir(place) == 0 && rmdir(place) == 0);
	origin_note();
	CHILD_ASSERT(!*origin()->path);
	CHILD_ASSERT(!origin_resolve("reports", resolved, sizeof(resolved)));
	CHILD_ASSERT(origin_resolve("/reports", resolved, sizeof(resolved)));
}

static void is_unknown_where_it_was_removed(void **state)
{
	(void)state;
	assert_int_equal(run_in_child(remove_it, NULL), 0);
}

static void resolve_before(void *context)
{
	char resolved[PATH_MAX];

	(void)context;
	CHILD_ASSERT(origin()->fd == -1);
	CHILD_ASSERT(!origin_resolve("reports", resolved, sizeof(resolved)));
}

static void is_unknown_before_it_is_noted(void **state)
{
	(void)state;
	assert_int_equal(run_in_child(resolve_before, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(stays_known_after_it_is_left, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses_a_path_that_is_too_long, set_up, tear_down),
		cmocka_unit_test_setup_teardown(is_unknown_where_it_was_removed, set_up, tear_down),
		cmocka_unit_test(is_unknown_before_it_is_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
