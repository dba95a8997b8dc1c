// SPDX-License-Identifier: Apache-2.0
#include "process/headroom.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/cgroup.h"

#define MAX_LEVELS (sizeof(((struct headroom *)0)->levels) / sizeof(struct headroom_level))

static const char *const names[2][HEADROOM_FILES] = {
	{ "memory.max", "memory.high", "memory.current", "memory.stat", "memory.oom.group",
	  "cgroup.procs" },
	{ "memory.limit_in_bytes", NULL, "memory.usage_in_bytes", "memory.stat", NULL,
	  "cgroup.procs" },
};

static void open_level(struct headroom_level *level, int dir)
{
	level->is_v1 = faccessat(dir, names[1][HEADROOM_LIMIT], F_OK, 0) == 0;
	for (int i = 0; i < HEADROOM_FILES; i++) {
		const char *name = names[level->is_v1][i];
		int how = i == HEADROOM_PROCS ? O_WRONLY : O_RDONLY;

		level->files[i] = name ? openat(dir, name, how | O_CLOEXEC | O_NOFOLLOW) : -1;
	}
}

void headroom_open_cgroup(struct headroom *headroom, int dir, unsigned int parents)
{
	int at = dup(dir);

	memset(headroom, 0, sizeof(*headroom)); /* this also touches its pages */
	headroom->meminfo = -1;
	while (at >= 0 && headroom->count < MAX_LEVELS) {
		int parent = headroom->count < parents
				     ? openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC)
				     : -1;

		open_level(&headroom->levels[headroom->count++], at);
		close(at);
		at = parent;
	}
	if (at >= 0)
		close(at);
}

void headroom_open(struct headroom *headroom)
{
	unsigned int parents;
	int dir = cgroup_open_memory_of(AT_FDCWD, "/proc/self/cgroup", &parents);

	headroom_open_cgroup(headroom, dir, parents);
	if (dir >= 0)
		close(dir);
	headroom->meminfo = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	/* the kernel allocates memory when an open file is read for the first time */
	(void)headroom_left(headroom);
	(void)headroom_needed(headroom);
}

void headroom_close(struct headroom *headroom)
{
	for (unsigned int i = 0; i < headroom->count; i++)
		for (int file = 0; file < HEADROOM_FILES; file++)
			if (headroom->levels[i].files[file] >= 0)
				close(headroom->levels[i].files[file]);
	if (headroom->meminfo >= 0)
		close(headroom->meminfo);
	headroom->count = 0;
	headroom->meminfo = -1;
}

/* The content of a file as a string; NULL if it can't be read. */
static const char *contents(struct headroom *headroom, int fd)
{
	ssize_t n = fd < 0 ? -1 : pread(fd, headroom->buffer, sizeof(headroom->buffer) - 1, 0);

	if (n <= 0)
		return NULL;
	headroom->buffer[n] = '\0';
	return headroom->buffer;
}

/* UINT64_MAX if it is not a number, such as "max". */
static uint64_t number(struct headroom *headroom, int fd)
{
	const char *text = contents(headroom, fd);
	char *end;
	uint64_t value = text ? strtoull(text, &end, 10) : 0;

	return text && end != text ? value : UINT64_MAX;
}

/* The number of a "name number" line. */
static uint64_t statistic(const char *text, const char *name)
{
	size_t len = strlen(name);

	while (text) {
		if (strncmp(text, name, len) == 0 && (text[len] == ' ' || text[len] == ':'))
			return strtoull(text + len + 1, NULL, 10);
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return 0;
}

/* The file pages of a cgroup and of its descendants. */
static uint64_t cache(struct headroom *headroom, const struct headroom_level *level)
{
	const char *text = contents(headroom, level->files[HEADROOM_STAT]);

	return level->is_v1 ? statistic(text, "total_inactive_file") +
				      statistic(text, "total_active_file")
			    : statistic(text, "inactive_file") + statistic(text, "active_file");
}

static uint64_t left_of(struct headroom *headroom, const struct headroom_level *level)
{
	uint64_t limit = number(headroom, level->files[HEADROOM_LIMIT]);
	uint64_t high = number(headroom, level->files[HEADROOM_HIGH]);
	uint64_t usage = number(headroom, level->files[HEADROOM_USAGE]), given_up;

	/* beyond "high", allocations sleep, also ours while we hold the JVM */
	limit = high < limit ? high : limit;
	if (limit == UINT64_MAX || usage == UINT64_MAX)
		return UINT64_MAX;
	if (usage < limit && limit - usage > 2 * HEADROOM_FOR_JAVA)
		return limit - usage; /* enough; counting the cache would take longer */
	given_up = cache(headroom, level);
	usage = given_up < usage ? usage - given_up : 0;
	return usage < limit ? limit - usage : 0;
}

uint64_t headroom_left(struct headroom *headroom)
{
	const char *text = contents(headroom, headroom->meminfo);
	uint64_t least = text ? statistic(text, "MemAvailable") * 1024 : UINT64_MAX;

	for (unsigned int i = headroom->here; i < headroom->count; i++) {
		uint64_t left = left_of(headroom, &headroom->levels[i]);

		least = left < least ? left : least;
	}
	return least;
}

uint64_t headroom_needed(struct headroom *headroom)
{
	bool is_killed_whole =
		headroom->here < headroom->count &&
		number(headroom, headroom->levels[headroom->here].files[HEADROOM_GROUP]) == 1;

	return is_killed_whole ? 2 * HEADROOM_FOR_JAVA : HEADROOM_FOR_JAVA;
}

bool headroom_leave(struct headroom *headroom)
{
	/* cgroup v2 allows processes only in leaves and in the root, so some refuse us */
	for (unsigned int i = headroom->count; i > headroom->here + 1; i--) {
		int procs = headroom->levels[i - 1].files[HEADROOM_PROCS];

		if (procs >= 0 && write(procs, "0", 1) == 1) {
			headroom->here = i - 1;
			return true;
		}
	}
	return false;
}

uint64_t headroom_make(struct headroom *headroom)
{
	uint64_t left = headroom_left(headroom);

	return left < headroom_needed(headroom) && headroom_leave(headroom)
		       ? headroom_left(headroom)
		       : left;
}
