// SPDX-License-Identifier: Apache-2.0
#include "room.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"

#define MAX_LEVELS (sizeof(((struct room *)0)->levels) / sizeof(struct room_level))

static const char *const names[2][ROOM_FILES] = {
	{ "memory.max", "memory.high", "memory.current", "memory.stat", "memory.oom.group",
	  "cgroup.procs" },
	{ "memory.limit_in_bytes", NULL, "memory.usage_in_bytes", "memory.stat", NULL,
	  "cgroup.procs" },
};

static void open_level(struct room_level *level, int dir)
{
	level->is_v1 = faccessat(dir, names[1][ROOM_LIMIT], F_OK, 0) == 0;
	for (int i = 0; i < ROOM_FILES; i++) {
		const char *name = names[level->is_v1][i];
		int how = i == ROOM_PROCS ? O_WRONLY : O_RDONLY;

		level->files[i] = name ? openat(dir, name, how | O_CLOEXEC | O_NOFOLLOW) : -1;
	}
}

void room_open_cgroup(struct room *room, int dir, unsigned int parents)
{
	int at = dup(dir);

	memset(room, 0, sizeof(*room)); /* which touches its pages, too */
	room->meminfo = -1;
	while (at >= 0 && room->count < MAX_LEVELS) {
		int parent = room->count < parents
				     ? openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC)
				     : -1;

		open_level(&room->levels[room->count++], at);
		close(at);
		at = parent;
	}
	if (at >= 0)
		close(at);
}

void room_open(struct room *room)
{
	unsigned int parents;
	int dir = cgroup_open_memory_of(AT_FDCWD, "/proc/self/cgroup", &parents);

	room_open_cgroup(room, dir, parents);
	if (dir >= 0)
		close(dir);
	room->meminfo = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	/* the kernel, too, allocates for an open file when it is read for the first time */
	(void)room_left(room);
	(void)room_needed(room);
}

void room_close(struct room *room)
{
	for (unsigned int i = 0; i < room->count; i++)
		for (int file = 0; file < ROOM_FILES; file++)
			if (room->levels[i].files[file] >= 0)
				close(room->levels[i].files[file]);
	if (room->meminfo >= 0)
		close(room->meminfo);
	room->count = 0;
	room->meminfo = -1;
}

/* What is in a file, as a string; NULL if it can't be read. */
static const char *contents(struct room *room, int fd)
{
	ssize_t n = fd < 0 ? -1 : pread(fd, room->buffer, sizeof(room->buffer) - 1, 0);

	if (n <= 0)
		return NULL;
	room->buffer[n] = '\0';
	return room->buffer;
}

/* UINT64_MAX if there is none, such as "max". */
static uint64_t number(struct room *room, int fd)
{
	const char *text = contents(room, fd);
	char *end;
	uint64_t value = text ? strtoull(text, &end, 10) : 0;

	return text && end != text ? value : UINT64_MAX;
}

/* Of "name number" lines. */
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

/* The file pages of a cgroup and of those below it. */
static uint64_t cache(struct room *room, const struct room_level *level)
{
	const char *text = contents(room, level->files[ROOM_STAT]);

	return level->is_v1 ? statistic(text, "total_inactive_file") +
				      statistic(text, "total_active_file")
			    : statistic(text, "inactive_file") + statistic(text, "active_file");
}

static uint64_t left_of(struct room *room, const struct room_level *level)
{
	uint64_t limit = number(room, level->files[ROOM_LIMIT]);
	uint64_t high = number(room, level->files[ROOM_HIGH]);
	uint64_t usage = number(room, level->files[ROOM_USAGE]), given_up;

	/* beyond "high" allocations sleep, ours too while we hold the JVM */
	limit = high < limit ? high : limit;
	if (limit == UINT64_MAX || usage == UINT64_MAX)
		return UINT64_MAX;
	if (usage < limit && limit - usage > 2 * ROOM_FOR_JAVA)
		return limit - usage; /* enough, and to count the cache takes longer */
	given_up = cache(room, level);
	usage = given_up < usage ? usage - given_up : 0;
	return usage < limit ? limit - usage : 0;
}

uint64_t room_left(struct room *room)
{
	const char *text = contents(room, room->meminfo);
	uint64_t least = text ? statistic(text, "MemAvailable") * 1024 : UINT64_MAX;

	for (unsigned int i = room->here; i < room->count; i++) {
		uint64_t left = left_of(room, &room->levels[i]);

		least = left < least ? left : least;
	}
	return least;
}

uint64_t room_needed(struct room *room)
{
	bool is_killed_whole = room->here < room->count &&
			       number(room, room->levels[room->here].files[ROOM_GROUP]) == 1;

	return is_killed_whole ? 2 * ROOM_FOR_JAVA : ROOM_FOR_JAVA;
}

bool room_leave(struct room *room)
{
	/* version 2 lets processes be in leaves and in the root alone: not every one will do */
	for (unsigned int i = room->count; i > room->here + 1; i--) {
		int procs = room->levels[i - 1].files[ROOM_PROCS];

		if (procs >= 0 && write(procs, "0", 1) == 1) {
			room->here = i - 1;
			return true;
		}
	}
	return false;
}

uint64_t room_make(struct room *room)
{
	uint64_t left = room_left(room);

	return left < room_needed(room) && room_leave(room) ? room_left(room) : left;
}
