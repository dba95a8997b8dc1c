// SPDX-License-Identifier: Apache-2.0
#include "cgroup.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_FILE (64 * 1024)
#define OWN_CGROUP "/proc/self/cgroup"

/* The mount point of the process's memory controller, and the path of its cgroup below. */
static void memory_cgroup(const struct text *cgroup, const char **mount, char *path, size_t size)
{
	const char *at = cgroup->data;
	const char *end = at + cgroup->len;

	*mount = "/sys/fs/cgroup";
	*path = '\0';
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		int len = (int)((newline ? newline : end) - at);

		if (strncmp(at, "0::", 3) == 0 && !*path) {
			(void)snprintf(path, size, "%.*s", len - 3, at + 3);
		} else if (len > 0) {
			const char *colon = memchr(at, ':', (size_t)len);

			if (colon && strncmp(colon, ":memory:", 8) == 0) {
				*mount = "/sys/fs/cgroup/memory";
				(void)snprintf(path, size, "%.*s", len - (int)(colon + 8 - at),
					       colon + 8);
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

/* The number in a file; UINT64_MAX if there is none, such as "max". */
static uint64_t read_number(int dir, const char *name)
{
	struct text text = {};
	uint64_t number = UINT64_MAX;
	char *end;

	if (text_read_file(&text, dir, name, MAX_FILE) == 0 && text.len) {
		text_append(&text, "", 1);
		number = strtoull(text.data, &end, 10);
		if (text.failed || end == text.data)
			number = UINT64_MAX;
	}
	text_free(&text);
	return number;
}

/* A line of memory.stat. */
static uint64_t read_statistic(int dir, const char *name)
{
	struct text text = {};
	uint64_t number = 0;
	size_t len = strlen(name);

	if (text_read_file(&text, dir, "memory.stat", MAX_FILE) == 0) {
		text_append(&text, "", 1);
		for (char *line = text.data; line && *line && !text.failed;) {
			if (strncmp(line, name, len) == 0 && line[len] == ' ')
				number = strtoull(line + len, NULL, 10);
			line = strchr(line, '\n');
			line = line ? line + 1 : NULL;
		}
	}
	text_free(&text);
	return number;
}

bool cgroup_is_killed_whole(int dir)
{
	return read_number(dir, "memory.oom.group") == 1;
}

static uint64_t left_here(int dir)
{
	/* version 2, then version 1, whose "no limit" is a very large number */
	static const char *const names[][4] = {
		{ "memory.max", "memory.current", "inactive_file", "active_file" },
		{ "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file",
		  "total_active_file" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		uint64_t limit = read_number(dir, names[i][0]);
		uint64_t usage = read_number(dir, names[i][1]);
		uint64_t high = i == 0 ? read_number(dir, "memory.high") : UINT64_MAX;
		uint64_t cache;

		/* beyond "high" allocations sleep, ours too while we hold the JVM */
		limit = high < limit ? high : limit;
		if (limit == UINT64_MAX || usage == UINT64_MAX)
			continue;
		cache = read_statistic(dir, names[i][2]) + read_statistic(dir, names[i][3]);
		usage = cache < usage ? usage - cache : 0;
		return usage < limit ? limit - usage : 0;
	}
	return UINT64_MAX;
}

uint64_t cgroup_memory_left(int dir, unsigned int levels)
{
	uint64_t least = UINT64_MAX;
	int at = dup(dir);

	for (unsigned int i = 0; i <= levels && at >= 0; i++) {
		uint64_t left = left_here(at);
		int parent = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (left < least)
			least = left;
		close(at);
		at = parent;
	}
	if (at >= 0)
		close(at);
	return least;
}

static bool enter(int dir)
{
	int fd = openat(dir, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	bool entered = fd >= 0 && write(fd, "0", 1) == 1;

	if (fd >= 0)
		close(fd);
	return entered;
}

bool cgroup_move_up(uint64_t needed)
{
	unsigned int levels;
	int at = cgroup_open_memory_of(AT_FDCWD, OWN_CGROUP, &levels);
	bool moved = false;

	/* version 2 lets processes be in leaves and in the root alone: not every level will do */
	while (at >= 0 && levels > 0 && !moved) {
		int parent = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		close(at);
		at = parent;
		levels--;
		moved = at >= 0 && cgroup_memory_left(at, levels) >= needed && enter(at);
	}
	if (at >= 0)
		close(at);
	return moved;
}

void cgroup_exit_open(struct cgroup_exit *way)
{
	unsigned int levels;
	int at = cgroup_open_memory_of(AT_FDCWD, OWN_CGROUP, &levels);

	way->count = 0;
	for (unsigned int i = 0; i < levels && at >= 0; i++) {
		int parent = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		int procs = parent < 0 ? -1 : openat(parent, "cgroup.procs", O_WRONLY | O_CLOEXEC);

		close(at);
		at = parent;
		if (procs < 0)
			continue;
		if (way->count == sizeof(way->procs) / sizeof(*way->procs))
			close(way->procs[--way->count]);
		memmove(way->procs + 1, way->procs, way->count * sizeof(*way->procs));
		way->procs[0] = procs;
		way->count++;
	}
	if (at >= 0)
		close(at);
}

void cgroup_exit_take(struct cgroup_exit *way)
{
	for (unsigned int i = 0; i < way->count; i++)
		if (write(way->procs[i], "0", 1) == 1)
			return;
}
