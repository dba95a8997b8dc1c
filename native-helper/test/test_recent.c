// SPDX-License-Identifier: Apache-2.0
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "evidence/recent.h"
#include "evidence/record.h"

struct place {
	struct config config;
	struct jvm jvm;
	struct evidence evidence;
	struct recent recent;
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return -1;
	evidence_init(&place->evidence, &place->config, &place->jvm);
	recent_init(&place->recent);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	evidence_close(&place->evidence);
	free(place);
	return 0;
}

static void keep_exit_call(struct place *place, uint64_t time_ns, int status)
{
	struct exit_called_event event = {
		.header = { .kind = EVENT_EXIT_CALLED, .time_ns = time_ns },
		.status = status,
	};

	recent_keep(&place->recent, EVENT_EXIT_CALLED, &event, sizeof(event));
}

static void keep_signal(struct place *place, uint64_t time_ns, int sig)
{
	struct signal_sent_event event = {
		.header = { .kind = EVENT_SIGNAL_SENT, .time_ns = time_ns },
		.sig = sig,
	};

	recent_keep(&place->recent, EVENT_SIGNAL_SENT, &event, sizeof(event));
}

static const char *written(struct place *place)
{
	recent_write(&place->recent, &place->evidence);
	text_append(&place->evidence.lines, "", 1);
	return place->evidence.lines.data;
}

static void writes_in_order_of_time(void **state)
{
	struct place *place = *state;
	const char *lines;

	keep_exit_call(place, 20, 5);
	keep_signal(place, 30, 9);
	keep_signal(place, 10, 15);
	lines = written(place);
	assert_true(strstr(lines, "\"si_signo\":15") < strstr(lines, "\"status\":5"));
	assert_true(strstr(lines, "\"status\":5") < strstr(lines, "\"si_signo\":9"));
	assert_null(strstr(lines, "only counted"));
	assert_int_equal(place->evidence.next_id, 4);
}

/* As of a process that calls exit() of its own libc in a loop. */
static void has_a_bound(void **state)
{
	struct place *place = *state;
	const char *lines;

	keep_signal(place, 1, 15);
	for (int i = 0; i < 1000000; i++)
		keep_exit_call(place, (uint64_t)i + 2, i);
	lines = written(place);
	assert_non_null(strstr(lines, "\"si_signo\":15"));
	assert_null(strstr(lines, "\"status\":999995"));
	assert_non_null(strstr(lines, "\"status\":999996"));
	assert_non_null(strstr(lines, "\"status\":999999"));
	assert_non_null(strstr(lines, "999996 earlier calls of exit() were only counted"));
	assert_true(place->evidence.lines.len < 16384);
}

static void begins_anew(void **state)
{
	struct place *place = *state;

	keep_exit_call(place, 1, 1);
	(void)written(place);
	place->evidence.lines.len = 0;
	assert_string_equal(written(place), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writes_in_order_of_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(has_a_bound, set_up, tear_down),
		cmocka_unit_test_setup_teardown(begins_anew, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
