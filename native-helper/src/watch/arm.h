/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARM_H
#define ARM_H

#include "base/config.h"
#include "probes/probes.h"
#include "process/jvm.h"
#include "watch/watchdog.h"

/* What our processes are called by the kernel: at most 15 bytes. */
#define HELPER_NAME "jmortem-helper"

/* Whether another helper of ours, *by, holds one of the JVM's threads. */
bool is_watched_already(const struct jvm *jvm, const struct config *config, pid_t *by);

/*
 * Watches a JVM from now on until it has ended and its report is made, and says on
 * standard output that it does (answer.h). answered_fd is closed once that has been
 * said; -1: there is none. Returns the process's exit status.
 */
int arm(const struct config *config, struct jvm *jvm, struct probes *probes,
	struct handover *handover, int answered_fd);

#endif
