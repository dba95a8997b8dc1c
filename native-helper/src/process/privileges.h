/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include <stdbool.h>

#include "process/jvm.h"

/*
 * An installed helper may have file capabilities (capabilities(7)), which the invoking user does
 * not have. They are in effect only for system calls that require them, and never while a path from
 * the configuration is followed. They are used only on processes that the kernel's ptrace check
 * allows to the invoking user. If root starts the helper, or it has no file capabilities, these
 * functions do nothing.
 */

/* Must be called first in each process. Returns why it must not continue, or NULL. */
const char *privileges_init(void);

/* Whether file capabilities gave us more privileges than our user has. */
bool privileges_are_lent(void);

/* Whether a capability of linux/capability.h is in effect now. */
bool privileges_have(int capability);

/* Puts the capabilities into effect until privileges_lower(). Calls do not nest. */
void privileges_raise(void);
void privileges_lower(void);

/*
 * Whether our user may read this thread of the process without our capabilities: the kernel's
 * ptrace check (ptrace(2), PTRACE_MODE_READ). Returns 0 or -errno. It must be called again after
 * something was opened, because the process may have executed a program of another user meanwhile.
 */
int privileges_check(const struct jvm *jvm, pid_t tid);

/* Drops the capabilities that are not needed while the JVM is watched. */
void privileges_keep_for_watching(void);

/* Drops the file capabilities for good, in this process and in programs that it executes. */
void privileges_drop_lent(void);

enum privileges {
	PRIVILEGES_NONE,
	PRIVILEGES_TO_READ_FILES, /* only for root: any file, by CAP_DAC_READ_SEARCH */
};

/*
 * Drops all other capabilities for good, also those of root, in this process and in programs that
 * it executes. If that fails, the process exits.
 */
void privileges_drop(enum privileges kept);

#endif
