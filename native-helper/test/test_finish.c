// SPDX-License-Identifier: Apache-2.0
#include "daemon/finish.h"

#include "base/clock.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sleeps_until_a_watch_has_ended),
		cmocka_unit_test(many_deaths_are_one_round),
		cmocka_unit_test(runs_when_it_is_due),
	};

	return cmocka_run_group_tests(tests, set_up_place, tear_down_place);
}
