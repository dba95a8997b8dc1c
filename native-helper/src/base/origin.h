/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ORIGIN_H
#define ORIGIN_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The directory that this process was started in: that of the JVM, where it is our parent. The
 * kernel's words for it, which no other program has changed into its own encoding.
 */
struct origin {
	int fd; /* -1: unknown */
	char path[PATH_MAX]; /* empty: unknown */
};

/* Before this process leaves it. */
void origin_note(void);

const struct origin *origin(void);

/* An absolute path for one that may be relative to it. False where that is too long, or unknown. */
bool origin_resolve(const char *path, char *resolved, size_t size);

#endif
