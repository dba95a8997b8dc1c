/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LATE_REPORT_H
#define LATE_REPORT_H

#include "base/config.h"
#include "process/jvm.h"
#include "watch/handover.h"

/* Reports of a JVM that has ended, by a process that has not watched it until then. */

/* It has ended before it could be opened. */
void report_too_late(const struct config *config);

/*
 * Its worker was killed, by sig: what that had noted is in the handover. Makes the report, unless
 * there is one already. cwd_fd: the JVM's working directory, or -1; it is closed.
 */
void report_inherited(const struct config *config, const struct jvm *jvm, struct handover *handover,
		      int cwd_fd, int sig);

#endif
