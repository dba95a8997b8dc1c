/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FINISH_H
#define FINISH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/config.h"

/*
 * Makes the reports that could not be made when their JVMs died (finisher.h), for all users of the
 * store, and lets them read these: when the daemon starts, a while after each death, and once more
 * when what a killed watch has left counts as abandoned (UnfinishedReports).
 */
struct finish {
	uint64_t at_ns, again_at_ns; /* CLOCK_MONOTONIC; 0: not */
	pid_t child; /* that is at work; 0: none */
};

/* A watch has ended. */
void finish_later(struct finish *finish);

/* Starts a child, if it is time. */
void finish_if_due(struct finish *finish, const struct config *config);

/* In how many milliseconds; -1: not. */
int finish_timeout(const struct finish *finish);

/* Whether this was the child, which has ended. */
bool finish_reaped(struct finish *finish, pid_t child);

#endif
