/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORTER_H
#define REPORTER_H

#include <stdbool.h>
#include <sys/types.h>

#include "config.h"
#include "jvm.h"

/*
 * The Java process that turns evidence into a report. It starts when the JVM has
 * ended: before, the memory that it needs might be the JVM's last.
 */
struct reporter {
	pid_t pid; /* 0: never started */
	bool ended;
	int status; /* as wait(2) gives it, once it has ended */
};

/* dir: the report's directory, with all evidence in it. Returns 0 or -errno. */
int reporter_start(struct reporter *reporter, const struct config *config, const struct jvm *jvm,
		   const char *dir);

#endif
