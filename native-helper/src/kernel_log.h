/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include "evidence.h"

/*
 * Opens the kernel's log at its present end. Returns a descriptor, or -1 where it can't
 * be read (a container; an ordinary user): it adds to the evidence, which stands alone.
 */
int kernel_log_open(void);

/*
 * What the kernel has logged since about a death: the OOM killer's figures, a fault
 * without a handler, memory that failed. One event "kernel_log" for each line.
 */
void kernel_log_capture(int fd, struct evidence *evidence);

#endif
