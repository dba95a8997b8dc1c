/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HEADROOM_H
#define HEADROOM_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How much memory this process and its children may still take: what its cgroup, those above
 * and the host have left; and the way out of that cgroup. In a full one every allocation calls the
 * OOM killer, whose victim is the JVM that we hold, or waits for that victim to be gone. So all
 * files are opened when arming, and nothing here allocates afterwards.
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

/* One cgroup's files; -1 for those that it has not. */
struct headroom_level {
	int files[HEADROOM_FILES];
	bool is_v1;
};

struct headroom {
	struct headroom_level levels[16]; /* this process's own, then its parent, and so on */
	unsigned int count;
	unsigned int here; /* the one that it is in */
	int meminfo; /* -1: not known */
	char buffer[8192]; /* what is read of a file */
};

/* What a Java process of ours may take, measured at its bounds: 150 MiB; and what it says. */
#define HEADROOM_FOR_JAVA (192ULL * 1024 * 1024)

/* Less than that is not enough to look at a JVM without one. */
#define HEADROOM_FOR_A_LOOK (8ULL * 1024 * 1024)

/* Opens the files of the cgroup that this process is in, and reads them once. */
void headroom_open(struct headroom *headroom);

/* The same of a cgroup's directory (an O_PATH descriptor) that has so many parents. */
void headroom_open_cgroup(struct headroom *headroom, int dir, unsigned int parents);

/*
 * How many bytes may still be allocated, page cache that can be given up included, before they
 * are refused or slowed down; UINT64_MAX where nothing is known of a limit.
 */
uint64_t headroom_left(struct headroom *headroom);

/*
 * What must be left for a Java process. Where the OOM killer takes the whole cgroup along, only
 * more room protects the JVM.
 */
uint64_t headroom_needed(struct headroom *headroom);

/* Leaves, for good, for the topmost cgroup that may be entered. Returns whether it has. */
bool headroom_leave(struct headroom *headroom);

/*
 * How many bytes are left: in this cgroup, or, where a Java process needs more, in the one that
 * is left for.
 */
uint64_t headroom_make(struct headroom *headroom);

void headroom_close(struct headroom *headroom);

#endif
