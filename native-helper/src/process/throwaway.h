/* SPDX-License-Identifier: Apache-2.0 */
#ifndef THROWAWAY_H
#define THROWAWAY_H

#include <stdbool.h>
#include <sys/types.h>

#include "process/jvm_threads.h"

/*
 * Users for processes that read foreign bytes where we are root. Each process gets its own: a
 * random number of a range that nobody assigns, so that it owns nothing on the host, and no other
 * process can signal, trace or read it.
 */
#define THROWAWAY_FIRST 0x70000000U
#define THROWAWAY_LAST 0x7fffffffU

/*
 * Chooses one; 0 if there can be none: we are not root, we lack a capability that is needed to
 * become it and to end it, or our user namespace has no such user.
 */
uid_t throwaway_choose(void);

/*
 * Whether it could execute this program, and read it and these files (the list ends with NULL).
 * Call it in a child, after fork(): the process loses its supplementary groups.
 */
bool throwaway_can_run(uid_t user, const char *program, const char *const *files);

/*
 * Becomes it for good, without groups; all capabilities are lost. A parent-death signal stays in
 * effect. If it fails, the process exits.
 */
void throwaway_become(uid_t user);

/*
 * If we are root, takes the file system ids of a process, so that the kernel allows the same
 * accesses. Its user still can't send us signals, because our real and saved ids are others; the
 * sandbox forbids system calls to restore them (sandbox.h). A process of root keeps root's rights.
 * If the user is unknown, or it fails, the process exits.
 */
void throwaway_act_for(const struct jvm_user *user);

/* Kills all of its processes: also those that it has started, and that nobody knows. */
void throwaway_end(uid_t user);

#endif
