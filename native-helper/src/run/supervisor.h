/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include "base/config.h"

/*
 * Watches every JVM at or below a command, each by a helper of its own, of which one is always
 * ready: what takes long, loading BPF's programs, is done before there is a JVM. For a process of
 * its own, whose socket leads to the command's parent (run.h):
 *
 *   to us:   the command's pid, before it runs; then the end, when it has ended
 *   from us: one byte, SUPERVISOR_SEES_ALL or SUPERVISOR_LOOKS, when a command may begin; one
 *            when its pid is known; the end when all reports of JVMs that have ended are made
 *
 * JVMs that outlive the command stay watched.
 */
#define SUPERVISOR_SEES_ALL 'B'
#define SUPERVISOR_LOOKS 'L' /* orphans are to be found below the command's parent: a subreaper */

_Noreturn void supervise(const struct config *config, int socket);

#endif
