/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_OPEN_H
#define JVM_OPEN_H

#include <sys/types.h>

#include "base/config.h"
#include "process/jvm.h"

/*
 * Opens the process that has this pid now, and refers to it even if the pid is reused. tid: its
 * anchor, or 0 to choose one. Does not open its memory yet. Returns 0; or -errno, with -ESRCH if it
 * is not the expected process, or has ended.
 */
int jvm_open(struct jvm *jvm, pid_t pid, pid_t tid, enum relation relation);

/* For a process that ended before it could be opened: only what it shared with us is known. */
void jvm_of_ended(struct jvm *jvm, pid_t pid);

#endif
