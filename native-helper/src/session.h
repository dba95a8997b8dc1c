/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SESSION_H
#define SESSION_H

/* Nothing that ends or suspends the JVM's session must end or suspend its witness. */
void leave_session(void);

/* What is closed would be taken by the next file opened, and written to by say(). */
void fill_standard_descriptors(void);

/* Of all descriptors behind the standard ones these two stay open; they may be one. */
void close_all_but(int one, int other);

/*
 * For who sleeps until a JVM starts or dies, and is then waited for: it must not queue behind
 * whatever keeps the machine busy. Without the privilege, as it comes. Not for its children.
 */
void be_quick(void);

#endif
