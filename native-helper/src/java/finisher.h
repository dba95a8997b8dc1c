/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FINISHER_H
#define FINISHER_H

#include <sys/types.h>

#include "base/config.h"

/*
 * Makes the reports that could not be made when their JVMs died: the reporter was ended, or the
 * helper was. It is a Java process that nobody waits for: it gets only CPU that is left over, ends
 * after some minutes, and takes no evidence that is still being written (UnfinishedReports).
 */

/*
 * Starts it for the directory of reports that the configuration names, if there is something to
 * make. Returns its pid, for whoever reaps children; 0 if there is nothing to do; or -errno.
 */
pid_t finisher_start(const struct config *config);

/* The same for any directory, an absolute path. */
pid_t finisher_start_in(const struct config *config, const char *directory);

#endif
