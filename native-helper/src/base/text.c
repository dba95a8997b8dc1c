// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_STEP 16384

static bool reserve(struct text *text, size_t more)
{
	size_t size = text->size ? text->size : 256;
	char *data;

	while (size - text->len < more)
		size *= 2;
	if (size == text->size)
		return true;
	if (text->is_fixed) {
		text->failed = true;
		return false;
	}
	data = realloc(text->data, size);
	if (!data) {
		text->failed = true;
		return false;
	}
	text->data = data;
	text->size = size;
	return true;
}

void text_append(struct text *text, const char *data, size_t len)
{
	if (!len || !reserve(text, len))
		return;
	memcpy(text->data + text->len, data, len);
	text->len += len;
}

void text_append_string(struct text *text, const char *string)
{
	text_append(text, string, strlen(string));
}

void text_free(struct text *text)
{
	if (!text->is_fixed)
		free(text->data);
	memset(text, 0, sizeof(*text));
}

int text_write(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

size_t text_utf8_length(const char *data, size_t len)
{
	const unsigned char *bytes = (const unsigned char *)data;
	size_t n;

	if (bytes[0] < 0x80)
		return 1;
	if (bytes[0] >= 0xc2 && bytes[0] <= 0xdf)
		n = 2;
	else if (bytes[0] >= 0xe0 && bytes[0] <= 0xef)
		n = 3;
	else if (bytes[0] >= 0xf0 && bytes[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (n > len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	if ((bytes[0] == 0xe0 && bytes[1] < 0xa0) || (bytes[0] == 0xed && bytes[1] > 0x9f) ||
	    (bytes[0] == 0xf0 && bytes[1] < 0x90) || (bytes[0] == 0xf4 && bytes[1] > 0x8f))
		return 0; /* overlong, a surrogate, or beyond U+10FFFF */
	return n;
}

static unsigned int code_point(const char *data, size_t len)
{
	static const unsigned char first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	unsigned int code = (unsigned char)data[0] & first_bits[len];

	for (size_t i = 1; i < len; i++)
		code = code << 6 | ((unsigned char)data[i] & 0x3f);
	return code;
}

/* Unicode categories Cc, Cf, Zl and Zp; TerminalText uses the same in Java. */
static bool is_obeyed(unsigned int code)
{
	static const struct {
		unsigned int first, last;
	} obeyed[] = {
		{ 0, 0x1f },	      { 0x7f, 0x9f },	    { 0xad, 0xad },
		{ 0x600, 0x605 },     { 0x61c, 0x61c },	    { 0x6dd, 0x6dd },
		{ 0x70f, 0x70f },     { 0x890, 0x891 },	    { 0x8e2, 0x8e2 },
		{ 0x180e, 0x180e },   { 0x200b, 0x200f },   { 0x2028, 0x202e },
		{ 0x2060, 0x206f },   { 0xfeff, 0xfeff },   { 0xfff9, 0xfffb },
		{ 0x110bd, 0x110bd }, { 0x110cd, 0x110cd }, { 0x13430, 0x1343f },
		{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0001, 0xe007f },
	};

	for (size_t i = 0; i < sizeof(obeyed) / sizeof(*obeyed); i++)
		if (code >= obeyed[i].first && code <= obeyed[i].last)
			return true;
	return false;
}

void text_make_harmless(char *data, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t n = text_utf8_length(data + at, len - at);

		if (!n || is_obeyed(code_point(data + at, n)))
			memset(data + at, '?', n ? n : 1);
		at += n ? n : 1;
	}
}

int text_read_file(struct text *text, int dir_fd, const char *path, size_t limit)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	size_t end = text->len + limit;
	struct stat status;
	int err = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) || !S_ISREG(status.st_mode))
		err = -EINVAL;
	while (!err) {
		size_t want = end - text->len;

		if (!want) {
			text->failed = true;
			break;
		}
		if (want > READ_STEP)
			want = READ_STEP;
		if (!reserve(text, want)) {
			err = -ENOMEM;
			break;
		}
		n = read(fd, text->data + text->len, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = -errno;
		if (n <= 0)
			break;
		text->len += (size_t)n;
	}
	close(fd);
	return err;
}
