/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORY_H
#define HISTORY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The daemon's store has a directory for each user (STORE/UID), and in it history.ndjson: one line
 * for each end that has no report. Reports lie beside it.
 */

/* An end without a report. */
struct history_line {
	const char *event; /* "ended": as it was asked to; "missed": while nobody watched */
	pid_t pid;
	uid_t user; /* the JVM's: it may read the file */
	bool has_status;
	uint32_t status; /* as wait(2) gives it */
	const char *name; /* main class or jar */
	const char *cgroup;
};

/*
 * Opens the directory of a user, and creates it if it is missing, readable for this user. Returns a
 * descriptor or -errno.
 */
int store_open_user(const char *store, uid_t user);

/*
 * Adds a line. The file is bounded: a full one becomes history-1.ndjson, the file before it is
 * removed. Returns 0 or -errno.
 */
int history_add(int user_directory, const struct history_line *line);

#endif
