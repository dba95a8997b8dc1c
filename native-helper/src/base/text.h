/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A growing text. After a failed allocation it stays unchanged. */
struct text {
	char *data;
	size_t len, size;
	bool failed; /* out of memory, or over the limit of text_read_file() */
	bool is_fixed; /* data has a fixed size: it neither grows nor is freed */
};

void text_append(struct text *text, const char *data, size_t len);
void text_append_string(struct text *text, const char *string);
void text_free(struct text *text);

/* Writes all bytes. Returns 0 or -errno. */
int text_write(int fd, const char *data, size_t len);

/* The length of the UTF-8 sequence at data (RFC 3629), or 0 if it is invalid; len is not 0. */
size_t text_utf8_length(const char *data, size_t len);

/*
 * Replaces characters that a terminal would execute by question marks: control characters (C0 and
 * C1), invisible characters and those that change the text direction, and invalid UTF-8.
 */
void text_make_harmless(char *data, size_t len);

/*
 * Appends the regular file (not a symbolic link) at path, relative to dir_fd (or AT_FDCWD). If the
 * file has more than limit bytes, the rest is left out and failed is set. Returns 0 or -errno.
 */
int text_read_file(struct text *text, int dir_fd, const char *path, size_t limit);

#endif
