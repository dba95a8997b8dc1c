/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORTER_H
#define REPORTER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/config.h"
#include "evidence/evidence.h"

/*
 * The Java process that turns evidence into a report. It starts when the JVM has
 * ended: before, the memory that it needs might be the JVM's last. It is given descriptors, and
 * opens nothing by a path that was the process's (target_files.h).
 */
struct reporter {
	pid_t pid; /* 0: never started */
	pid_t files; /* serves it files of the process; 0: never started */
	bool ended;
	int status; /* as wait(2) gives it, once it has ended */
};

/*
 * All evidence is in the report's directory. is_awaited: a JVM is held until its end, so that it
 * has its turn with us. Returns 0 or -errno.
 */
int reporter_start(struct reporter *reporter, const struct config *config,
		   const struct evidence *evidence, bool is_awaited);

/* Ends what is left of it, if anything is. */
void reporter_end(struct reporter *reporter);

#endif
