/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPLY_H
#define REPLY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The lines that the helper writes to whoever started it, on standard output; Java's side is
 * HelperReply. docs/internals/protocols.md lists them:
 *
 *   allow PID          the agent must let PID trace the JVM (Yama), and answers with a line break
 *   armed LEVEL PID    armed; PID is the helper's
 *   failed REASON WHY  not armed
 *   report PATH        the report; only where the listener stays until the JVM has ended
 *   ended STATUS       the JVM has ended; STATUS as wait(2) gives it, or "unknown"
 *
 * If the listener has gone, that changes nothing.
 */

/* Why a JVM is not watched: the REASON, a word that a program may compare. */
enum refusal {
	REFUSED_CONFIGURATION, /* the configuration is wrong */
	REFUSED_PROCESS, /* the process can't be opened, or its user is not ours */
	REFUSED_WATCHED, /* another helper watches it already */
	REFUSED_QUOTA, /* too many JVMs of this user are watched */
	REFUSED_SYSTEM, /* the helper lacks a process or memory */
	REFUSALS
};

/* Asks the agent to let this process trace the JVM. Returns whether it has answered. */
bool reply_ask_permission(void);

void reply_armed(const char *level);
void reply_failed(enum refusal reason, const char *why);
void reply_report(const char *path);

/* status: of wait(2); has_status false: unknown. */
void reply_ended(bool has_status, uint32_t status);

/* Closes standard input and output: nothing more is written, and nothing more is read. */
void reply_close(void);

#endif
