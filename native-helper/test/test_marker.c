// SPDX-License-Identifier: Apache-2.0
#include "base/marker.h"

#include "test.h"

static void each_that_can_be_asked_for_has_one_name(void **state)
{
	(void)state;
	for (int marker = MARKER_NONE; marker < MARKER_END; marker++)
		assert_int_equal(marker_of_option(marker_name((enum marker)marker)), marker);
}

/* It goes with each of the others: asked for alone it would see next to nothing. */
static void the_end_can_not_be_asked_for(void **state)
{
	(void)state;
	assert_string_equal(marker_name(MARKER_END), "end");
	assert_int_equal(marker_of_option("end"), -1);
}

static void refuses_other_words(void **state)
{
	static const char *const words[] = { "", "upro", "uprobes", "UPROBE", "unknown", "auto" };

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		assert_int_equal(marker_of_option(words[i]), -1);
}

/* As in a record that is damaged. */
static void has_a_word_for_any_number(void **state)
{
	(void)state;
	assert_string_equal(marker_name((enum marker)(MARKER_END + 1)), "unknown");
	assert_string_equal(marker_name((enum marker)0xffffffff), "unknown");
	assert_string_equal(marker_name((enum marker)0x80000000), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_that_can_be_asked_for_has_one_name),
		cmocka_unit_test(the_end_can_not_be_asked_for),
		cmocka_unit_test(refuses_other_words),
		cmocka_unit_test(has_a_word_for_any_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
