// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void append_escaped(struct text *out, const char *data, size_t len, bool keep);

static void begin_value(struct json *json, const char *key)
{
	if (!json->first)
		text_append_string(json->out, ",");
	json->first = false;
	if (key) {
		text_append_string(json->out, "\"");
		append_escaped(json->out, key, strlen(key), false);
		text_append_string(json->out, "\":");
	}
}

static void begin(struct json *json, const char *key, const char *bracket)
{
	begin_value(json, key);
	text_append_string(json->out, bracket);
	json->first = true;
}

static void end(struct json *json, const char *bracket)
{
	text_append_string(json->out, bracket);
	json->first = false;
}

void json_begin_line(struct json *json, struct text *out)
{
	json->out = out;
	json->first = true;
	begin(json, NULL, "{");
}

void json_end_line(struct json *json)
{
	end(json, "}\n");
}

void json_begin_object(struct json *json, const char *key)
{
	begin(json, key, "{");
}

void json_end_object(struct json *json)
{
	end(json, "}");
}

void json_begin_array(struct json *json, const char *key)
{
	begin(json, key, "[");
}

void json_end_array(struct json *json)
{
	end(json, "]");
}

static void append_control(struct text *out, unsigned char c)
{
	char escape[8];

	if (c == '\n')
		text_append_string(out, "\\n");
	else if (c == '\t')
		text_append_string(out, "\\t");
	else {
		(void)snprintf(escape, sizeof(escape), "\\u%04x", c);
		text_append_string(out, escape);
	}
}

/* keep: see json_path() */
static void append_undecoded(struct text *out, unsigned char byte, bool keep)
{
	unsigned int code = keep ? 0xef00 + byte : 0xfffd;
	const char utf8[] = { (char)(0xe0 | code >> 12), (char)(0x80 | (code >> 6 & 0x3f)),
			      (char)(0x80 | (code & 0x3f)) };

	text_append(out, utf8, sizeof(utf8));
}

static void append_escaped(struct text *out, const char *data, size_t len, bool keep)
{
	const unsigned char *bytes = (const unsigned char *)data;
	size_t plain = 0; /* the start of bytes that can be copied unchanged */

	for (size_t i = 0; i < len;) {
		size_t n = text_utf8_length(data + i, len - i);

		if (n > 1 || (n == 1 && bytes[i] >= ' ' && bytes[i] != '"' && bytes[i] != '\\' &&
			      bytes[i] != 0x7f)) {
			i += n;
			continue;
		}
		text_append(out, data + plain, i - plain);
		if (n == 0) {
			append_undecoded(out, bytes[i], keep);
		} else if (bytes[i] == '"' || bytes[i] == '\\') {
			text_append_string(out, "\\");
			text_append(out, data + i, 1);
		} else {
			append_control(out, bytes[i]);
		}
		plain = ++i;
	}
	text_append(out, data + plain, len - plain);
}

void json_bytes(struct json *json, const char *key, const char *data, size_t len)
{
	begin_value(json, key);
	text_append_string(json->out, "\"");
	append_escaped(json->out, data, len, false);
	text_append_string(json->out, "\"");
}

void json_path(struct json *json, const char *key, const char *data, size_t len)
{
	begin_value(json, key);
	text_append_string(json->out, "\"");
	append_escaped(json->out, data, len, true);
	text_append_string(json->out, "\"");
}

void json_string(struct json *json, const char *key, const char *string)
{
	json_bytes(json, key, string, strlen(string));
}

void json_int(struct json *json, const char *key, int64_t value)
{
	char number[32];

	(void)snprintf(number, sizeof(number), "%" PRId64, value);
	begin_value(json, key);
	text_append_string(json->out, number);
}

void json_raw(struct json *json, const char *key, const char *data, size_t len)
{
	begin_value(json, key);
	text_append(json->out, data, len);
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin_value(json, key);
	text_append_string(json->out, value ? "true" : "false");
}

void json_hex(struct json *json, const char *key, uint64_t value)
{
	char number[32];

	(void)snprintf(number, sizeof(number), "0x%" PRIx64, value);
	json_string(json, key, number);
}

void json_nanos(struct json *json, const char *key, uint64_t value)
{
	char number[32];

	(void)snprintf(number, sizeof(number), "%" PRIu64, value);
	json_string(json, key, number);
}
