/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RUN_H
#define RUN_H

#include "base/config.h"

/* As env(1), timeout(1) and their like have it. */
#define RUN_FAILED 125
#define RUN_NOT_EXECUTABLE 126
#define RUN_NOT_FOUND 127

/*
 * Runs a command with every JVM at or below it watched (supervisor.h), and ends as it does:
 * with its status, or by the signal that ended it, once the reports are made. It has our standard
 * streams, our process group and terminal; signals that somebody sends us are passed on,
 * and when it stops so do we.
 */
_Noreturn void run(const struct config *config, char **command);

#endif
