/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPLY_H
#define REPLY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The lines that the helper writes to standard output, for the process that started it. HelperReply
 * reads them. docs/internals/protocols.md lists them:
 *
 *   allow PID          the agent must let PID trace the JVM (Yama), and answers with a line break
 *   armed LEVEL PID    armed; PID is the helper's
 *   failed REASON WHY  not armed
 *   report PATH        the report; only where the listener stays until the JVM has ended
 *   ended STATUS       the JVM has ended; STATUS as wait(2) gives it, or "unknown"
 *
 * A line stays one line: characters that a terminal would execute are question marks. It does not
 * matter if the listener has gone.
 */

/* Why a JVM is not watched: the REASON, a word for programs. */
enum refusal {
	REFUSED_CONFIGURATION, /* the configuration is wrong */
	REFUSED_PROCESS, /* the process can't be opened, or belongs to another user */
	REFUSED_WATCHED, /* another helper already watches it */
	REFUSED_QUOTA, /* too many JVMs of this user are watched */
	REFUSED_SYSTEM, /* the helper lacks a process or memory */
	REFUSALS
};

/* Asks the agent to permit this process to trace the JVM. Returns whether it answered. */
bool reply_ask_permission(void);

void reply_armed(const char *level);
void reply_failed(enum refusal reason, const char *why);
/* The same to an agent that has found the daemon. */
void reply_armed_to(int fd, const char *level);
void reply_failed_to(int fd, enum refusal reason, const char *why);

void reply_report(const char *path);

/* status: as wait(2) returns it; has_status false: unknown. */
void reply_ended(bool has_status, uint32_t status);

/* Closes standard input and output. */
void reply_close(void);

#endif
