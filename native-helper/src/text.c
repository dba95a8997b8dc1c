// SPDX-License-Identifier: Apache-2.0
#include "text.h"

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
	free(text->data);
	memset(text, 0, sizeof(*text));
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
