/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOLD_H
#define TOLD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"
#include "evidence/evidence.h"

#define TOLD_MAX_WORDS (256 * 1024)

/*
 * The memory is the host's, and not that of the JVM's cgroup, so it is less than a helper of the
 * JVM's own may use. The stacks of more than a thousand threads.
 */
#define TOLD_MAX_SNAPSHOT (4 * 1024 * 1024)

#define TOLD_PAGE 4096

/*
 * What the JVM's agent has told: its configuration, and its last snapshot. It is memory that worker
 * and watchdog share; what is not used costs nothing.
 */
struct told {
	size_t len; /* of the words; 0: nothing was told */
	char words[TOLD_MAX_WORDS];
	unsigned int newest; /* the index of the last whole snapshot; the other one grows */
	size_t sizes[2];
	char snapshots[2][TOLD_MAX_SNAPSHOT] __attribute__((aligned(TOLD_PAGE)));
};

/*
 * Keeps a configuration, if it is one that a JVM may tell. said: what is in effect from now on;
 * what was not told, and the bound of the deadline, is the watch's. Returns 0; or -1, and *why is
 * valid as long as said. The caller frees said.
 */
int told_keep(struct told *told, const struct text *words, const struct config *watch,
	      struct config *said, const char **why);

/* A snapshot comes in pieces; until the last one, the previous snapshot stays. */
void told_begin_snapshot(struct told *told);
bool told_add_to_snapshot(struct told *told, const char *bytes, size_t len);
void told_end_snapshot(struct told *told);

/* Writes all of it. NULL: nobody tells us anything. */
void told_write(const struct told *told, struct evidence *evidence);

#endif
