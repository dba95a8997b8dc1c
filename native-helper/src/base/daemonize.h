/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMONIZE_H
#define DAEMONIZE_H

#include <stddef.h>

/* Detaches this process from the JVM's session, so that the end of the session does not end us. */
void daemonize(void);

/* Opens closed standard descriptors: otherwise log_line() could write to another file. */
void fill_standard_descriptors(void);

/* Closes stderr for good: nobody has to wait for the end of our output any more. */
void silence_stderr(void);

/* Closes all descriptors except the standard ones and these; -1 is none. */
void close_descriptors_except(const int *kept, size_t count);

/*
 * Locks the code that this process has executed so far in memory. In a full cgroup, the kernel
 * evicts code first, and reading it again would wait for memory that is not available.
 */
void lock_code_in_memory(void);

#endif
