// SPDX-License-Identifier: Apache-2.0
#include "daemon/finish.h"

#include <stdio.h>

#include "base/clock.h"
#include "evidence/grant.h"
#include "place.h"

static void sleeps_until_a_watch_has_ended(void **state)
{
	struct finish finish = {};

	(void)state;
	assert_int_equal(finish_timeout(&finish), -1);
	finish_later(&finish);
	assert_in_range(finish_timeout(&finish), 1000, 60000);
}

static void many_deaths_are_one_round(void **state)
{
	struct finish finish = {};
	uint64_t at;

	(void)state;
	finish_later(&finish);
	at = finish.at_ns;
	finish_later(&finish);
	assert_int_equal(finish.at_ns, at);
}

/* The store has no user with something to make, so the child ends without a Java process. */
static void runs_when_it_is_due(void **state)
{
	const struct config config = { .dir = place, .java = "/nowhere/java", .jar = "/nowhere" };
	struct finish finish = { .at_ns = 1, .again_at_ns = UINT64_MAX };
	pid_t child;

	(void)state;
	assert_int_equal(mkdirat(dir, "1000", 0700), 0);
	finish_if_due(&finish, &config);
	child = finish.child;
	assert_true(child > 0);
	assert_int_equal(finish_timeout(&finish), -1); /* one at a time */
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_false(finish_reaped(&finish, child + 1));
	assert_true(finish_reaped(&finish, child));
	finish_if_due(&finish, &config); /* the second round is far away */
	assert_int_equal(finish.child, 0);
}

static char script[100];

static void create(const char *path, mode_t mode, const char *content)
{
	int fd = openat(dir, path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
}

static void create_report(const char *user, const char *name, const char *evidence)
{
	char path[100];

	(void)mkdirat(dir, user, 0755);
	(void)snprintf(path, sizeof(path), "%s/%s", user, name);
	assert_int_equal(mkdirat(dir, path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/%s/evidence.ndjson", user, name);
	create(path, 0600, evidence);
}

/* In place of Java: is called in the user's directory, the store is the one above. */
static void finish_with(const char *commands)
{
	const struct config config = { .dir = place, .java = script, .jar = "jmortem.jar" };
	struct finish finish = { .at_ns = 1 };
	char content[500];
	int status = -1;
	pid_t child;

	(void)snprintf(script, sizeof(script), "%s/java", place);
	(void)snprintf(content, sizeof(content),
		       "#!/bin/sh\numask 077\nfor each; do :; done\ncd \"$each\" || exit\n%s\n",
		       commands);
	create("java", 0700, content);
	finish_if_due(&finish, &config);
	child = finish.child;
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static size_t read_calls(char *calls, size_t size)
{
	int fd = openat(dir, "calls", O_RDONLY | O_CLOEXEC);
	ssize_t len = read(fd, calls, size - 1);

	assert_true(len >= 0);
	close(fd);
	calls[len] = '\0';
	return (size_t)len;
}

/* The one that always has more is bounded, and first of all lets others have their turn. */
static void each_user_has_its_round(void **state)
{
	char calls[1000];

	(void)state;
	create_report("1", "r", "more");
	create_report("2", "r", "fails");
	create_report("3", "r", "is killed");
	create_report("4", "r", "has made all");
	create_report("5x", "r", "is no user");
	create_report("6", "r", "is whole");
	create("6/r/report.json", 0600, "{}");
	finish_with("basename $PWD | tr -d '\\n' >> ../calls\n"
		    "case $(cat r/evidence.ndjson) in more) exit 4 ;; fails) exit 1 ;;\n"
		    "is*killed) kill -9 $$ ;; esac");
	assert_int_equal(read_calls(calls, sizeof(calls)), 64 + 3);
	for (const char *each = "234"; *each; each++) {
		assert_non_null(memchr(calls, *each, 4));
		assert_null(strchr(calls + 4, *each));
	}
}

static bool is_granted(const char *path, uid_t user)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	bool is = store_is_granted(fd, user);

	assert_true(fd >= 0);
	close(fd);
	return is;
}

static void grant(const char *path, uid_t user)
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	store_grant(fd, user);
	close(fd);
}

/* As the worker grants what it publishes, but not of a process whose user changed. */
static void what_is_made_is_for_the_user(void **state)
{
	(void)state;
	if (geteuid())
		skip(); /* only root can let others read */
	create_report("1000", "granted", "");
	create_report("1000", "withheld", "");
	create_report("1000", "of_another", "");
	create_report("1000", ".abandoned", "");
	grant("1000/granted", 1000);
	grant("1000/of_another", 1001);
	grant("1000/.abandoned", 1000);
	finish_with("for each in * .a*; do echo > $each/report.txt\n"
		    "echo > $each/.new; mv $each/.new $each/report.json; done");
	assert_true(is_granted("1000/granted/report.json", 1000));
	assert_true(is_granted("1000/granted/report.txt", 1000));
	assert_false(is_granted("1000/granted/report.json", 1001));
	assert_false(is_granted("1000/withheld", 1000));
	assert_false(is_granted("1000/withheld/report.json", 1000));
	assert_false(is_granted("1000/of_another", 1000));
	assert_false(is_granted("1000/of_another/report.json", 1000));
	assert_false(is_granted("1000/.abandoned/report.json", 1000));
}

/* The daemon was ended in between. */
static void a_grant_is_made_up_for(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	create_report("1000", "r", "");
	grant("1000/r", 1000);
	create("1000/r/report.json", 0600, "{}");
	assert_int_equal(mkdirat(dir, "1000/elsewhere", 0700), 0);
	grant("1000/elsewhere", 1000);
	create("1000/elsewhere/report.json", 0600, "{}");
	assert_int_equal(renameat(dir, "1000/elsewhere", dir, "elsewhere"), 0);
	assert_int_equal(symlinkat("../elsewhere", dir, "1000/link"), 0);
	finish_with("exit 1");
	assert_true(is_granted("1000/r/report.json", 1000));
	assert_false(is_granted("elsewhere/report.json", 1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sleeps_until_a_watch_has_ended),
		cmocka_unit_test(many_deaths_are_one_round),
		cmocka_unit_test_setup_teardown(runs_when_it_is_due, set_up_place, tear_down_place),
		cmocka_unit_test_setup_teardown(each_user_has_its_round, set_up_place,
						tear_down_place),
		cmocka_unit_test_setup_teardown(what_is_made_is_for_the_user, set_up_place,
						tear_down_place),
		cmocka_unit_test_setup_teardown(a_grant_is_made_up_for, set_up_place,
						tear_down_place),
	};

	end_if_stuck();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
