/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_OPEN_H
#define JVM_OPEN_H

#include <sys/types.h>

#include "base/config.h"
#include "process/jvm.h"

/*
 * Takes the process that has this pid now, and stays with it should the number be reused.
 * tid: its anchor, 0 to choose one. Its memory is not opened yet. Returns 0; or -errno, with
 * -ESRCH where it is not, or is no more, what it should be.
 */
int jvm_open(struct jvm *jvm, pid_t pid, pid_t tid, enum relation relation);

/* One that has ended before it could be opened: what it had in common with us is all there is. */
void jvm_of_ended(struct jvm *jvm, pid_t pid);

#endif
