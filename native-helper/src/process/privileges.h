/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include <stdbool.h>

#include "process/jvm.h"

/*
 * An installed helper may have file capabilities (capabilities(7)): more than the user
 * has who starts it and tells it what to do. Then they are in effect only where the
 * kernel is asked for what needs them, never where a path is followed that we were given,
 * and what they are used on must be that user's own. Started by root, or without file
 * capabilities, we have no more than our user, and nothing of this does anything.
 */

/* The first thing that a process of ours does. Returns why it must not go on, or NULL. */
const char *privileges_init(void);

/* Whether file capabilities gave us more than our user has. */
bool privileges_are_lent(void);

/* Whether a capability of linux/capability.h is in effect now. */
bool privileges_have(int capability);

/* Until privileges_lower() they are in effect. Calls do not nest. */
void privileges_raise(void);
void privileges_lower(void);

/*
 * Whether our user could look into this thread of the process without us: the kernel's own rule
 * (ptrace(2), PTRACE_MODE_READ), asked without our capabilities. Returns 0 or -errno. To be
 * asked again after something was opened: meanwhile it may have become another program,
 * of another user.
 */
int privileges_check(const struct jvm *jvm, pid_t tid);

/* Gives up what is of no use once the JVM is watched. */
void privileges_keep_for_watching(void);

/* Gives up what was lent for good, in this process and what it executes. */
void privileges_drop_lent(void);

enum privileges {
	PRIVILEGES_NONE,
	PRIVILEGES_TO_READ_FILES, /* root's alone: of any file, CAP_DAC_READ_SEARCH */
};

/*
 * Gives up all others for good, root's too, in this process and what it executes. Where that
 * can't be, the process ends.
 */
void privileges_drop(enum privileges kept);

#endif
