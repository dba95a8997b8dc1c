/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ORIGIN_H
#define ORIGIN_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The directory that this process was started in: that of the JVM, if the JVM is our parent. The
 * path comes from the kernel, so no program has converted it to another encoding.
 */
struct origin {
	int fd; /* -1: unknown */
	char path[PATH_MAX]; /* empty: unknown */
};

/* Must be called before this process leaves the directory. */
void origin_note(void);

const struct origin *origin(void);

/* Makes a path absolute. False if the result is too long, or the directory is unknown. */
bool origin_resolve(const char *path, char *resolved, size_t size);

#endif
