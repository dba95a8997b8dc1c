/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_H
#define DAEMON_H

#include "base/config.h"

/*
 * One for a host: finds every JVM, gives each a process that watches it from outside, and passes
 * connections of agents on to these. It reads nothing that another user has written: what may hang
 * or grow is done by the processes of the JVMs. SIGTERM ends it, with all watches; after it was
 * killed, the watches continue, until the next daemon takes over.
 *
 * Returns the exit status: after SIGTERM 0; 1 if it can't start, after one line on stderr.
 */
int daemon_run(const struct config *config);

#endif
