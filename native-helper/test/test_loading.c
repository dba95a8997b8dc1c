// SPDX-License-Identifier: Apache-2.0
#include "watch/loading.h"

#include <poll.h>
#include <string.h>

#include "test.h"

static void on_record(void *context, const void *data, size_t size)
{
	(void)context;
	(void)data;
	(void)size;
}

/* Without programs, loading fails at once; the probes say why, and that it ended is told once. */
static void tells_its_end_once(void **state)
{
	static struct config config;
	static struct jvm jvm;
	static struct probes probes;
	struct loading loading = {
		.probes = &probes,
		.config = &config,
		.jvm = &jvm,
		.handler = on_record,
	};
	int before = count_descriptors();
	struct pollfd end;

	(void)state;
	assert_false(loading_has_ended(&loading)); /* it was never started */
	loading_give_way(&loading);
	assert_int_equal(loading_start(&loading), 0);
	assert_true(loading.is_running);
	end = (struct pollfd) { .fd = loading.end_fd, .events = POLLIN };
	assert_int_equal(poll(&end, 1, -1), 1);
	loading_give_way(&loading);
	assert_true(loading_has_ended(&loading));
	assert_false(loading.is_running);
	assert_false(loading_has_ended(&loading));
	assert_true(probes.handler == on_record);
	assert_true(strlen(probes.why) > 0);
	assert_int_equal(count_descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_its_end_once),
	};

	end_if_stuck();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
