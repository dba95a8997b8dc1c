// SPDX-License-Identifier: Apache-2.0
#include "test.h"

#include <string.h>

#include "base/text.h"

static void assert_harmless(const char *text, const char *expected)
{
	char data[64];
	size_t len = strlen(text);

	memcpy(data, text, len + 1);
	text_make_harmless(data, len);
	assert_string_equal(data, expected);
}

/* A terminal obeys the control characters above 0x7f as it does escape sequences. */
static void makes_harmless(void **state)
{
	/* U+202E and U+2066, spelled so that nothing is turned around here */
	static const char turned_around[] = { 'a',	  (char)0xe2, (char)0x80, (char)0xae, 'b',
					      (char)0xe2, (char)0x81, (char)0xa6, 'c',	      0 };

	(void)state;
	assert_harmless("plain, \xc3\xa4 and \xe2\x82\xac", "plain, \xc3\xa4 and \xe2\x82\xac");
	assert_harmless("a\x1b[31mb\x7f\n", "a?[31mb??");
	assert_harmless("a\xc2\x9b"
			"31mb",
			"a??31mb");
	assert_harmless("a\x9b"
			"31mb\xff\xc3",
			"a?31mb??");
	assert_harmless(turned_around, "a???b???c");
	assert_harmless("a\xf3\xa0\x81\xa1", "a????");
	assert_harmless("", "");
}

static void knows_utf8(void **state)
{
	(void)state;
	assert_int_equal(text_utf8_length("a", 1), 1);
	assert_int_equal(text_utf8_length("\xc3\xa4", 2), 2);
	assert_int_equal(text_utf8_length("\xc3\xa4", 1), 0);
	assert_int_equal(text_utf8_length("\xc0\xaf", 2), 0);
	assert_int_equal(text_utf8_length("\xed\xa0\x80", 3), 0);
	assert_int_equal(text_utf8_length("\xf0\x9f\x98\x80", 4), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_harmless),
		cmocka_unit_test(knows_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
