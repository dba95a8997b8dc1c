/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RUN_H
#define RUN_H

#include "base/config.h"

/* The same as in env(1), timeout(1) and similar programs. */
#define RUN_FAILED 125
#define RUN_NOT_EXECUTABLE 126
#define RUN_NOT_FOUND 127

/*
 * Runs a command, and watches every JVM among its processes (supervisor.h). When the reports are
 * made, it ends like the command: with the same status, or by the same signal. The command has our
 * standard streams, process group and terminal. Signals that we receive are passed on, and we stop
 * when the command stops.
 */
_Noreturn void run(const struct config *config, char **command);

#endif
