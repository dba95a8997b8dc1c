// SPDX-License-Identifier: Apache-2.0
#include "test.h"

#include <string.h>

#include "base/json.h"

static void assert_line(struct text *text, const char *expected)
{
	text_append(text, "", 1);
	assert_string_equal(text->data, expected);
	text_free(text);
}

static void writes_every_type(void **state)
{
	struct text text = {};
	struct json json;

	(void)state;
	json_begin_line(&json, &text);
	json_string(&json, "s", "x");
	json_int(&json, "i", -3);
	json_bool(&json, "b", true);
	json_hex(&json, "h", UINT64_MAX);
	json_nanos(&json, "n", UINT64_MAX);
	json_begin_array(&json, "a");
	json_begin_object(&json, NULL);
	json_int(&json, "k", 1);
	json_end_object(&json);
	json_int(&json, NULL, 2);
	json_end_array(&json);
	json_begin_object(&json, "o");
	json_end_object(&json);
	json_end_line(&json);
	assert_line(&text, "{\"s\":\"x\",\"i\":-3,\"b\":true,\"h\":\"0xffffffffffffffff\","
			   "\"n\":\"18446744073709551615\",\"a\":[{\"k\":1},2],\"o\":{}}\n");
}

static void escapes(const char *data, size_t len, const char *expected)
{
	struct text text = {};
	struct json json = { .out = &text, .first = true };

	json_bytes(&json, NULL, data, len);
	assert_line(&text, expected);
}

static void escapes_what_json_forbids(void **state)
{
	(void)state;
	escapes("a\"b\\c", 5, "\"a\\\"b\\\\c\"");
	escapes("\n\t\x01\0\x7f", 5, "\"\\n\\t\\u0001\\u0000\\u007f\"");
	escapes("", 0, "\"\"");
}

static void keeps_utf8_and_replaces_the_rest(void **state)
{
	(void)state;
	escapes("\xc3\xa4\xe2\x82\xac\xf0\x9f\x92\xa5", 9,
		"\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x92\xa5\"");
	escapes("a\xff", 2, "\"a\xef\xbf\xbd\"");
	escapes("\xc3", 1, "\"\xef\xbf\xbd\""); /* cut off */
	escapes("\xc0\xaf", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\""); /* overlong */
	escapes("\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); /* surrogate */
	escapes("\xf4\x90\x80\x80", 4,
		"\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); /* beyond Unicode */
}

static void keeps_all_bytes_of_a_path(void **state)
{
	struct text text = {};
	struct json json = { .out = &text, .first = true };

	(void)state;
	json_path(&json, NULL, "/\xc3\xa4\x80\xbf\xc0\xff", 7);
	text_append(&text, "", 1);
	assert_string_equal(text.data,
			    "\"/\xc3\xa4\xee\xbe\x80\xee\xbe\xbf\xee\xbf\x80\xee\xbf\xbf\"");
	text_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_every_type),
		cmocka_unit_test(escapes_what_json_forbids),
		cmocka_unit_test(keeps_utf8_and_replaces_the_rest),
		cmocka_unit_test(keeps_all_bytes_of_a_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
