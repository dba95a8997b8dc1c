/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HEADROOM_H
#define HEADROOM_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How much memory this process and its children may still allocate, below the limits of its cgroup,
 * of the cgroups above, and of the host; and how to leave that cgroup. In a full cgroup, every
 * allocation triggers the OOM killer, whose victim is the JVM that we hold, or waits until the
 * victim is gone. So all files are opened when arming, and nothing here allocates memory
 * afterwards.
 */

enum {
	HEADROOM_LIMIT,
	HEADROOM_HIGH,
	HEADROOM_USAGE,
	HEADROOM_STAT,
	HEADROOM_GROUP,
	HEADROOM_PROCS,
	HEADROOM_FILES
};

/* The files of a cgroup; -1 for missing ones. */
struct headroom_level {
	int files[HEADROOM_FILES];
	bool is_v1;
};

struct headroom {
	struct headroom_level levels[16]; /* this process's own cgroup, then its parents */
	unsigned int count;
	unsigned int here; /* the current cgroup */
	int meminfo; /* -1: unknown */
	char buffer[8192]; /* buffer for the content of a file */
};

/* The memory of one of our Java processes at its bounds (150 MiB, measured), and its output. */
#define HEADROOM_FOR_JAVA (192ULL * 1024 * 1024)

/* With less memory, a JVM can't be inspected even without a Java process. */
#define HEADROOM_FOR_A_LOOK (8ULL * 1024 * 1024)

/* Opens the files of this process's cgroup, and reads them once. */
void headroom_open(struct headroom *headroom);

/* The same for a cgroup directory (an O_PATH descriptor) with this many parents. */
void headroom_open_cgroup(struct headroom *headroom, int dir, unsigned int parents);

/*
 * How many bytes may still be allocated, including reclaimable page cache, before allocations fail
 * or are slowed down; UINT64_MAX if no limit is known.
 */
uint64_t headroom_left(struct headroom *headroom);

/*
 * How many bytes a Java process requires. If the OOM killer kills the whole cgroup, more memory is
 * required to protect the JVM.
 */
uint64_t headroom_needed(struct headroom *headroom);

/* Moves this process for good to the topmost cgroup that accepts it. Returns whether it moved. */
bool headroom_leave(struct headroom *headroom);

/*
 * How many bytes are left in this cgroup. If a Java process requires more, moves to another cgroup
 * first, and returns its free bytes.
 */
uint64_t headroom_make(struct headroom *headroom);

void headroom_close(struct headroom *headroom);

#endif
