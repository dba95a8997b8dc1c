/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>
#include <stddef.h>

/* Nothing that ends or suspends the JVM's session must end or suspend its witness. */
void leave_session(void);

/* What is closed would be taken by the next file opened, and written to by say(). */
void fill_standard_descriptors(void);

/* Whoever waits for the end of what we might say waits no more: nothing is said from here on. */
void be_silent(void);

/* Of all descriptors behind the standard ones these stay open; -1 is none. */
void close_all_but(const int *kept, size_t count);

/*
 * What this process has run of its code stays in memory from here on. In a cgroup that is full the
 * kernel takes code away first, and reading it again waits for memory that is not there.
 */
void keep_code(void);

/*
 * For who sleeps until a JVM starts or dies, and is then waited for: it must not queue behind
 * whatever keeps the machine busy. It has its turn first, and shares the CPU all the same.
 * Without the privilege, as it comes. Not for its children.
 */
void be_prompt(void);

/* No more than others, with its children: nobody waits for what follows. */
void be_modest(void);

/* Before anything else of the machine, while a process is held and waits for us. */
void be_first(bool is_first);

#endif
