// SPDX-License-Identifier: Apache-2.0
#include "process/cgroup.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MAX_FILE (64 * 1024)

/* Whether these bytes, which are not terminated by NUL, begin with the word. */
static bool starts_with(const char *bytes, size_t len, const char *word)
{
	size_t word_len = strlen(word);

	return len >= word_len && memcmp(bytes, word, word_len) == 0;
}

/* The mount point of the memory controller, and the path of the process's cgroup below it. */
static void memory_cgroup(const struct text *cgroup, const char **mount, char *path, size_t size)
{
	const char *at = cgroup->data;
	const char *end = at + cgroup->len;

	*mount = "/sys/fs/cgroup";
	*path = '\0';
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((newline ? newline : end) - at);

		if (starts_with(at, len, "0::")) {
			if (!*path)
				(void)snprintf(path, size, "%.*s", (int)len - 3, at + 3);
		} else {
			const char *colon = memchr(at, ':', len);
			size_t rest = colon ? (size_t)(at + len - colon) : 0;

			if (starts_with(colon, rest, ":memory:")) {
				*mount = "/sys/fs/cgroup/memory";
				(void)snprintf(path, size, "%.*s", (int)rest - 8, colon + 8);
			}
		}
		at += len + 1;
	}
}

int cgroup_open_memory(const struct text *cgroup, unsigned int *levels)
{
	char path[PATH_MAX], full[PATH_MAX + 64];
	const char *mount;
	int dir;

	memory_cgroup(cgroup, &mount, path, sizeof(path));
	*levels = 0;
	for (const char *c = path; *c; c++)
		*levels += *c == '/' && c[1];
	(void)snprintf(full, sizeof(full), "%s%s", mount, path);
	dir = open(full, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) {
		*levels = 0;
		dir = open(mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	return dir;
}

int cgroup_open_memory_of(int dir_fd, const char *file, unsigned int *levels)
{
	struct text cgroup = {};
	int dir = -1;

	*levels = 0;
	if (text_read_file(&cgroup, dir_fd, file, MAX_FILE) == 0 && cgroup.len)
		dir = cgroup_open_memory(&cgroup, levels);
	text_free(&cgroup);
	return dir;
}

void cgroup_memory_path(int dir_fd, const char *file, char *path, size_t size)
{
	struct text cgroup = {};
	const char *mount;

	*path = '\0';
	if (text_read_file(&cgroup, dir_fd, file, MAX_FILE) == 0 && cgroup.len)
		memory_cgroup(&cgroup, &mount, path, size);
	text_free(&cgroup);
}
