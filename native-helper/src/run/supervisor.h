/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include "base/config.h"

/*
 * Watches every JVM among a command and its descendants, each with its own helper. A standby helper
 * is always ready, with its BPF programs loaded. The supervisor is a separate process with a socket
 * to the command's parent (run.h):
 *
 *   to us:   the command's pid, before it runs; end of file when the command has ended
 *   from us: one byte, SUPERVISOR_SEES_ALL or SUPERVISOR_LOOKS, when the command may begin; one
 *            when its pid is known; end of file when the reports of all ended JVMs are made
 *
 * JVMs that outlive the command are still watched.
 */
#define SUPERVISOR_SEES_ALL 'B'
#define SUPERVISOR_LOOKS 'L' /* orphans must be found below the command's parent, a subreaper */

_Noreturn void supervise(const struct config *config, int socket);

#endif
