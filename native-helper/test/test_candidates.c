// SPDX-License-Identifier: Apache-2.0
#include "daemon/candidates.h"

#include "base/clock.h"
#include "test.h"

static struct candidates candidates;

static int set_up(void **state)
{
	(void)state;
	memset(&candidates, 0, sizeof(candidates));
	return 0;
}

static struct grown_process process(uint32_t pid, uint64_t born, uint32_t threads)
{
	return (struct grown_process) { .pid = pid, .born_ns = born, .threads = threads };
}

static bool look_at_ms(uint32_t pid, uint64_t born, uint32_t threads, uint64_t ms)
{
	struct grown_process grown = process(pid, born, threads);

	return candidates_look_now(&candidates, &grown, ms * NANOS_PER_MILLI);
}

static uint32_t taken_at_ms(uint64_t ms)
{
	struct grown_process taken;

	return candidates_take(&candidates, ms * NANOS_PER_MILLI, &taken) ? taken.pid : 0;
}

static void a_new_process_is_looked_at_now(void **state)
{
	(void)state;
	assert_true(look_at_ms(7, 1, 1, 1000));
	assert_true(look_at_ms(8, 1, 1, 1000));
	assert_int_equal(candidates_timeout(&candidates, 0), -1);
	assert_int_equal(taken_at_ms(9000), 0);
}

/* A libjvm that is mapped between two looks is found by the second one. */
static void what_comes_too_soon_becomes_due(void **state)
{
	(void)state;
	assert_true(look_at_ms(7, 1, 1, 1000));
	assert_false(look_at_ms(7, 1, 2, 1010));
	assert_int_equal(taken_at_ms(1049), 0);
	assert_true(candidates_timeout(&candidates, 1010 * NANOS_PER_MILLI) <= 41);
	assert_int_equal(taken_at_ms(1050), 7);
	assert_int_equal(taken_at_ms(1050), 0);
	assert_int_equal(candidates_timeout(&candidates, 0), -1);
}

static void looks_at_one_process_become_rare(void **state)
{
	unsigned int looks = 0;

	(void)state;
	for (uint64_t ms = 1; ms < 20000; ms += 10) {
		looks += look_at_ms(7, 1, 2 + (uint32_t)ms, ms);
		looks += taken_at_ms(ms) == 7;
	}
	assert_in_range(looks, 20, 30);
}

static void another_program_is_looked_at_now(void **state)
{
	(void)state;
	assert_true(look_at_ms(7, 1, 1, 1000));
	assert_true(look_at_ms(7, 1, 1, 1001)); /* after an execve */
	assert_true(look_at_ms(7, 2, 5, 1002)); /* the number was reused */
	assert_false(look_at_ms(7, 0, 0, 1003)); /* nothing says that it is another one */
}

static void what_is_postponed_becomes_due(void **state)
{
	struct grown_process grown = process(7, 1, 1);

	(void)state;
	assert_true(look_at_ms(7, 1, 1, 1000));
	candidates_postpone(&candidates, &grown, 1005 * NANOS_PER_MILLI);
	assert_int_equal(taken_at_ms(1004), 0);
	assert_int_equal(taken_at_ms(1005), 7);
}

static void a_full_table_forgets_the_oldest(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < CANDIDATE_WAYS; i++)
		assert_true(look_at_ms(7 + i * CANDIDATE_SETS, 1, 1, 1000 + i));
	assert_false(look_at_ms(7, 1, 2, 1010)); /* due, so it stays */
	assert_true(look_at_ms(7 + 9 * CANDIDATE_SETS, 1, 1, 1011));
	assert_true(look_at_ms(7 + 1 * CANDIDATE_SETS, 1, 2, 1012)); /* forgotten */
	assert_int_equal(taken_at_ms(1100), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_new_process_is_looked_at_now, set_up),
		cmocka_unit_test_setup(what_comes_too_soon_becomes_due, set_up),
		cmocka_unit_test_setup(looks_at_one_process_become_rare, set_up),
		cmocka_unit_test_setup(another_program_is_looked_at_now, set_up),
		cmocka_unit_test_setup(what_is_postponed_becomes_due, set_up),
		cmocka_unit_test_setup(a_full_table_forgets_the_oldest, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
