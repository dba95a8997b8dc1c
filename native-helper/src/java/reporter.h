/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORTER_H
#define REPORTER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/config.h"
#include "evidence/evidence.h"

/*
 * The Java process that turns evidence into a report. It starts when the JVM has ended, because it
 * could use the last memory of a living JVM. It gets descriptors, and opens no path of the dead
 * process itself (target_files.h).
 *
 * Where we are root, it is a throw-away user (throwaway.h), to whom the report's directory is lent.
 * Then we publish what it has made, and repeat its last line.
 */
struct reporter {
	pid_t pid; /* 0: never started */
	pid_t files; /* serves files of the dead process; 0: never started */
	bool ended;
	int status; /* as wait(2) returns it, after its end */
	bool is_published; /* by us, because the directory was lent */
	int line_fd; /* takes its last line, where we publish; -1: none */
};

/*
 * Starts it, when all evidence is in the report's directory. is_awaited: a JVM is held until the
 * reporter ends, so that it needs a high priority. Returns 0 or -errno.
 */
int reporter_start(struct reporter *reporter, const struct config *config,
		   const struct evidence *evidence, bool is_awaited);

/* After its end: takes the directory back, and publishes the report, if it was lent. */
void reporter_settle(struct reporter *reporter, struct evidence *evidence);

/*
 * Removes surplus reports in the same directory, by another Java process (pid), where the reporter
 * could not do so. False if there is nothing to wait for.
 */
bool reporter_start_keeper(struct reporter *reporter, const struct config *config,
			   const struct evidence *evidence);

/* Kills its remaining processes. */
void reporter_end(struct reporter *reporter);

#endif
