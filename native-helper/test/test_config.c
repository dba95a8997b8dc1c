// SPDX-License-Identifier: Apache-2.0
#include "test.h"

#include <string.h>
#include <unistd.h>

#include "base/config.h"

#define NEEDED "pid=42\0dir=/d\0fallback-dir=/f\0java=/j\0jar=/a\0"

/* Parses what is between the quotes of a literal, and the NUL behind it. */
#define parse(config, pairs, why) parse_bytes(config, pairs, sizeof(pairs), why)

static int parse_bytes(struct config *config, const char *pairs, size_t len, const char **why)
{
	memset(config, 0, sizeof(*config));
	text_append(&config->raw, pairs, len);
	return config_parse(config, why);
}

static void takes_defaults(void **state)
{
	struct config config;
	const char *why;

	(void)state;
	assert_int_equal(parse(&config, NEEDED, &why), 0);
	assert_string_equal(config.dir, "/d");
	assert_int_equal(config.deadline_ms, 3000);
	assert_int_equal(config.marker, -1);
	assert_int_equal(config.on_exit, ON_EXIT_NONZERO);
	assert_int_equal(config.freeze, FREEZE_WANTED);
	assert_true(config.hold);
	assert_int_equal(config.tid, 0); /* one is chosen */
	assert_int_equal(config.relation, JVM_IS_PARENT);
	assert_false(config.exit_on_stdin_close);
	config_free(&config);
}

static void takes_values(void **state)
{
	struct config config;
	const char *why;

	(void)state;
	assert_int_equal(parse(&config,
			       NEEDED
			       "protocol=2\0marker=delivery\0freeze=off\0hold=off\0on-exit=always\0"
			       "deadline-ms=500\0signals=9,15\0work-dir=/w=x\0",
			       &why),
			 0);
	assert_int_equal(config.marker, MARKER_DELIVERY);
	assert_int_equal(config.freeze, FREEZE_OFF);
	assert_false(config.hold);
	assert_int_equal(config.on_exit, ON_EXIT_ALWAYS);
	assert_int_equal(config.deadline_ms, 500);
	assert_int_equal(config.signals, 1ULL << 9 | 1ULL << 15);
	assert_string_equal(config.work_dir, "/w=x");
	config_free(&config);
}

static void refuses(const char *pairs, size_t len, const char *named)
{
	struct config config;
	const char *why = NULL;

	assert_int_equal(parse_bytes(&config, pairs, len, &why), -1);
	assert_string_equal(why, named);
	config_free(&config);
}

#define refuse(pair) refuses(NEEDED pair "\0", sizeof(NEEDED pair "\0"), pair)

static void names_what_is_wrong(void **state)
{
	(void)state;
	refuse("protocol=1");
	refuse("colour=red");
	refuse("dir");
	refuse("dir=");
	refuse("work-dir=relative");
	refuse("marker=maybe");
	refuse("freeze=1");
	refuse("hold=maybe");
	refuse("on-exit=");
	refuse("deadline-ms=-1");
	refuse("deadline-ms=60001");
	refuse("deadline-ms=1x");
	refuse("signals=0");
	refuse("signals=64");
	refuse("signals=9;15");
	refuses("dir=/d\0", sizeof("dir=/d\0"), "dir, fallback-dir, java and jar are required");
	refuse("pid=0");
	refuse("tid=4294967296");
}

static void wants_the_end(void **state)
{
	struct config config;
	const char *why;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "dir=/d", 7), 7);
	close(ends[1]);
	assert_int_equal(config_read(&config, ends[0], &why), -1);
	assert_string_equal(why, "the configuration on standard input is incomplete");
	close(ends[0]);
	config_free(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_defaults),
		cmocka_unit_test(takes_values),
		cmocka_unit_test(names_what_is_wrong),
		cmocka_unit_test(wants_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
