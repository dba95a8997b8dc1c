/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LATE_REPORT_H
#define LATE_REPORT_H

#include "base/config.h"
#include "process/jvm.h"
#include "watch/handover.h"

/* Reports about a JVM that has ended, made by a process that did not watch it to its end. */

/* For a JVM that ended before it could be opened. */
void report_too_late(const struct config *config);

/*
 * For a JVM whose worker was killed by sig; the handover has what the worker recorded. Makes the
 * report, unless one exists. Closes cwd_fd, the JVM's working directory or -1.
 */
void report_inherited(const struct config *config, const struct jvm *jvm, struct handover *handover,
		      int cwd_fd, int sig);

#endif
