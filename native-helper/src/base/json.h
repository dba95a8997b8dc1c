/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/*
 * Writes one JSON object per line (NDJSON), with the conventions of report.json: addresses are hex
 * strings, times in nanoseconds are decimal strings.
 */
struct json {
	struct text *out;
	bool first; /* nothing in the current object or array yet */
};

void json_begin_line(struct json *json, struct text *out);
void json_end_line(struct json *json);

/* key is NULL inside an array */
void json_begin_object(struct json *json, const char *key);
void json_end_object(struct json *json);
void json_begin_array(struct json *json, const char *key);
void json_end_array(struct json *json);

/* Any bytes: each byte that is not valid UTF-8 becomes U+FFFD. */
void json_bytes(struct json *json, const char *key, const char *data, size_t len);
/*
 * Like json_bytes(), for paths that may be opened: each byte that is not valid UTF-8 becomes one of
 * U+EF80 to U+EFFF, and can be restored (UndecodedBytes.java).
 */
void json_path(struct json *json, const char *key, const char *data, size_t len);
void json_string(struct json *json, const char *key, const char *string);
void json_int(struct json *json, const char *key, int64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_hex(struct json *json, const char *key, uint64_t value);
/* A value that is already JSON, on one line. */
void json_raw(struct json *json, const char *key, const char *data, size_t len);
void json_nanos(struct json *json, const char *key, uint64_t value);

#endif
