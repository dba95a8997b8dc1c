/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A growing piece of text. After a failed allocation it stays as it was. */
struct text {
	char *data;
	size_t len, size;
	bool failed; /* out of memory, or over the limit of text_read_file() */
	bool is_fixed; /* data was given with its size: it neither grows nor is freed */
};

void text_append(struct text *text, const char *data, size_t len);
void text_append_string(struct text *text, const char *string);
void text_free(struct text *text);

/* Writes all of it. Returns 0 or -errno. */
int text_write(int fd, const char *data, size_t len);

/* Length of the UTF-8 sequence at data (RFC 3629), or 0 if there is none; len is not 0. */
size_t text_utf8_length(const char *data, size_t len);

/*
 * Replaces by question marks what a terminal obeys: control characters, also those above 0x7f,
 * what turns the direction of text around or can't be seen, and bytes that are no UTF-8.
 */
void text_make_harmless(char *data, size_t len);

/*
 * Appends the regular file (no symbolic link) at path below the directory dir_fd (or AT_FDCWD), at
 * most limit bytes of it; what is beyond is left out and failed is set. Returns 0, or -errno.
 */
int text_read_file(struct text *text, int dir_fd, const char *path, size_t limit);

#endif
