/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARM_H
#define ARM_H

#include "base/config.h"
#include "probes/probes.h"
#include "process/jvm.h"
#include "watch/watchdog.h"

/* The kernel names of our processes, a helper and a watch of the daemon: at most 15 bytes. */
#define HELPER_NAME "jmortem-helper"
#define WATCH_NAME "jmortem-watch"

/* Whether a process has one of these names, which any process may give itself. */
bool is_helper(pid_t pid);

/* Whether another helper or watch of ours, *by, holds one of the JVM's threads. */
bool is_watched_already(const struct jvm *jvm, const struct config *config, pid_t *by);

/*
 * Arms, and watches the JVM until it has ended and its report is made. Writes the answer to
 * standard output (reply.h), and then closes answered_fd (-1: none). Returns the process's exit
 * status.
 */
int arm(struct config *config, struct jvm *jvm, struct probes *probes, struct handover *handover,
	int answered_fd);

#endif
