/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWER_H
#define ANSWER_H

#include <sys/types.h>

/*
 * What we say on standard output to who started us, a line each: "armed LEVEL PID" (of the
 * helper) or "failed WHY"; and, where it stays with us until the JVM has ended, then
 * "report PATH" if there is one, and "ended STATUS" (of wait(2), or "unknown"); without that
 * the watch has ended before the JVM. If it has gone meanwhile, that changes nothing.
 */
void answer(const char *word, const char *detail);
void answer_armed(const char *level);

/* Nothing more is said, and nothing more listened to. */
void close_answer(void);

#endif
