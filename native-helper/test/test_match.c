// SPDX-License-Identifier: Apache-2.0
#include "daemon/match.h"

#include "place.h"

static struct jvm jvm;

static void write_file(const char *name, const char *content, size_t len)
{
	int fd = openat(dir, name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(text_write(fd, content, len), 0);
	close(fd);
}

#define WRITE(name, content) write_file(name, content, sizeof(content) - 1)

/* A directory that looks like one of /proc. */
static int set_up(void **state)
{
	if (set_up_place(state))
		return -1;
	jvm = (struct jvm) { .pid = 7, .tid = 7, .proc_fd = dir };
	if (mkdirat(dir, "task", 0700) || mkdirat(dir, "task/7", 0700))
		return -1;
	WRITE("task/7/status", "Name:\tjava\nUid:\t1000\t1000\t1000\t1000\nGid:\t5\t5\t5\t5\n");
	WRITE("status", "Name:\tjava\nUid:\t1000\t1000\t1000\t1000\nGid:\t5\t5\t5\t5\n");
	WRITE("cgroup", "4:memory:/kubepods/pod1/c\n0::/system.slice/shop.service\n");
	WRITE("cmdline", "java\0-jar\0/srv/shop.jar\0");
	WRITE("environ", "TEAM=red\0STAGE=test\0");
	return 0;
}

static bool takes(const char *rules)
{
	const char *why;

	assert_true(match_is_valid(rules, &why));
	return match_takes(rules, &jvm);
}

static void without_rules_every_jvm_is_taken(void **state)
{
	(void)state;
	assert_true(takes(NULL));
	assert_true(takes(""));
	assert_true(takes("\n"));
}

static void each_kind_is_looked_at(void **state)
{
	(void)state;
	assert_true(takes("take user 1000"));
	assert_false(takes("take user 0"));
	assert_true(takes("take cgroup *shop.service"));
	assert_true(takes("take cgroup /kubepods/*"));
	assert_false(takes("take cgroup 0::*"));
	assert_true(takes("take command *shop.jar"));
	assert_true(takes("take command java -jar *"));
	assert_false(takes("take command shop"));
	assert_true(takes("take env STAGE=t*"));
	assert_false(takes("take env STAGE=p*"));
}

static void the_first_rule_that_fits_decides(void **state)
{
	(void)state;
	assert_false(takes("skip env TEAM=red\ntake user 1000"));
	assert_true(takes("take user 1000\nskip env TEAM=red"));
	assert_true(takes("skip env TEAM=blue"));
	assert_false(takes("skip env TEAM=blue\ntake user 7"));
}

/* A JVM is rather left out than watched against a rule. */
static void what_can_not_be_read_is_left_out(void **state)
{
	(void)state;
	assert_int_equal(unlinkat(dir, "environ", 0), 0);
	assert_false(takes("take env TEAM=red"));
	assert_false(takes("skip env TEAM=blue"));
	WRITE("environ", "TEAM=red\0STAGE=test\0");
	assert_true(takes("skip env TEAM=blue"));
}

static void wrong_rules_are_named(void **state)
{
	static const char *const wrong[] = { "take",	   "take user",	   "take user ",
					     "leave user", "take group x", "skip  user x" };
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		char rules[64];

		(void)snprintf(rules, sizeof(rules), "take user 1\n%s", wrong[i]);
		assert_false(match_is_valid(rules, &why));
		assert_string_equal(why, wrong[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_rules_every_jvm_is_taken),
		cmocka_unit_test(each_kind_is_looked_at),
		cmocka_unit_test(the_first_rule_that_fits_decides),
		cmocka_unit_test(what_can_not_be_read_is_left_out),
		cmocka_unit_test(wrong_rules_are_named),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down_place);
}
