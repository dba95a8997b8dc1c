/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMONIZE_H
#define DAEMONIZE_H

#include <stddef.h>

/* Nothing that ends or suspends the JVM's session must end or suspend its inspection. */
void daemonize(void);

/* What is closed would be taken by the next file opened, and written to by log_line(). */
void fill_standard_descriptors(void);

/* Whoever waits for the end of what we might say waits no more: nothing is said from here on. */
void silence_stderr(void);

/* Of all descriptors behind the standard ones these stay open; -1 is none. */
void close_descriptors_except(const int *kept, size_t count);

/*
 * What this process has run of its code stays in memory from here on. In a cgroup that is full the
 * kernel takes code away first, and reading it again waits for memory that is not there.
 */
void lock_code_in_memory(void);

#endif
