// SPDX-License-Identifier: Apache-2.0
#include "watch/kill_timer.h"

#include "base/clock.h"
#include "test.h"

#define HOUR_NS (3600 * NANOS_PER_SECOND)

/* In a child, which a timer that is wrong may kill. */
static bool is_set(const struct kill_timer *timer)
{
	struct itimerspec left;

	CHILD_ASSERT(timer->exists && timer_gettime(timer->timer, &left) == 0);
	return left.it_value.tv_sec || left.it_value.tv_nsec;
}

static void be_late(void *context)
{
	volatile uint64_t ends_at_ns = 0;
	struct kill_timer timer = { .ends_at_ns = &ends_at_ns };
	uint64_t before = monotonic_ns();

	(void)context;
	kill_timer_create(&timer);
	CHILD_ASSERT(timer.exists);
	/* all of the patience has passed long ago; a moment is left all the same */
	kill_timer_set(&timer, before - HOUR_NS, NANOS_PER_SECOND);
	CHILD_ASSERT(ends_at_ns >= before + 500 * NANOS_PER_MILLI);
	for (;;)
		pause();
}

static void ends_a_process_that_is_late(void **state)
{
	int status = run_in_child(be_late, NULL);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void set_with_patience(void *context)
{
	volatile uint64_t ends_at_ns = 0;
	struct kill_timer timer = { .ends_at_ns = &ends_at_ns };
	uint64_t before = monotonic_ns(), after;

	(void)context;
	kill_timer_create(&timer);
	CHILD_ASSERT(!is_set(&timer));
	kill_timer_set(&timer, before - HOUR_NS, 3 * HOUR_NS);
	after = monotonic_ns();
	/* of the patience one hour has passed: some clock ticks lie between */
	CHILD_ASSERT(ends_at_ns >= before + 2 * HOUR_NS && ends_at_ns <= after + 2 * HOUR_NS);
	CHILD_ASSERT(is_set(&timer));
	kill_timer_stop(&timer);
	CHILD_ASSERT(!is_set(&timer) && ends_at_ns == 0);
	kill_timer_set(&timer, before, 0);
	kill_timer_set(&timer, monotonic_ns(), HOUR_NS); /* it is one timer: the last word counts */
	CHILD_ASSERT(ends_at_ns > before + HOUR_NS);
	kill_timer_stop(&timer);
}

static void what_has_passed_of_the_patience_counts(void **state)
{
	(void)state;
	assert_int_equal(run_in_child(set_with_patience, NULL), 0);
}

static void do_without(void *context)
{
	volatile uint64_t ends_at_ns = 0;
	struct kill_timer none = { .ends_at_ns = &ends_at_ns };
	struct kill_timer unnoted = {};

	(void)context;
	kill_timer_set(&none, monotonic_ns(), HOUR_NS);
	CHILD_ASSERT(ends_at_ns > 0);
	kill_timer_stop(&none);
	CHILD_ASSERT(ends_at_ns == 0);
	kill_timer_create(&unnoted);
	kill_timer_set(&unnoted, monotonic_ns(), HOUR_NS);
	CHILD_ASSERT(is_set(&unnoted));
	/* number 0 is a timer's too: one that does not exist must not be taken for it */
	kill_timer_stop(&none);
	CHILD_ASSERT(is_set(&unnoted));
	kill_timer_stop(&unnoted);
}

static void one_that_does_not_exist_is_no_other(void **state)
{
	(void)state;
	assert_int_equal(run_in_child(do_without, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_a_process_that_is_late),
		cmocka_unit_test(what_has_passed_of_the_patience_counts),
		cmocka_unit_test(one_that_does_not_exist_is_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
