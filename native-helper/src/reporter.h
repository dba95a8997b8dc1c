/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORTER_H
#define REPORTER_H

#include <stdbool.h>
#include <sys/types.h>

#include "config.h"

/*
 * The Java process that turns evidence into a report. It starts while the JVM is
 * still dying, so that the report is there soon after, and waits on its standard
 * input for the word that all evidence is on disk.
 */
struct reporter {
	pid_t pid; /* 0: never started */
	int input; /* -1: closed */
	bool ended;
	int status; /* as wait(2) gives it, once it has ended */
};

/* dir: the report's directory. Returns 0 or -errno. */
int reporter_start(struct reporter *reporter, const struct config *config, const char *dir);

/* All evidence is in dir, which may be another one than at the start. */
void reporter_complete(struct reporter *reporter, const char *dir);

#endif
