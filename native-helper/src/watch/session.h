/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"
#include "watch/told.h"

/*
 * The JVM's agent speaks to the worker that the daemon has for this JVM. The daemon knows from the
 * kernel whose connection it is, and passes it on. What comes over it is believed in nothing:
 * docs/internals/protocols.md has the words. A turn reads a bounded number of bytes, and after it
 * the session rests, so that no agent can keep the watch from its work.
 */
struct session {
	struct config *config; /* of the watch; the agent may change some of it */
	struct config configured; /* as it was without the agent */
	struct told *told;
	const char *level; /* NULL: the JVM is not armed yet */
	int epoll; /* the watch's */
	int control; /* from the daemon (control.h); -1: there is none, or it has gone */
	int timer; /* ends the rest */
	int fd; /* the connection; -1: none */
	bool is_dismissed; /* the daemon wants no more of this watch */
	bool has_told; /* the configuration was accepted, snapshots follow */
	struct text words; /* of a configuration that is not complete */
	char line[32]; /* the beginning of a piece */
	size_t line_len;
	size_t left; /* bytes of the piece that are still to come */
};

void session_init(struct session *session, struct config *config, struct told *told);

/* Listens, in the watch's epoll. Does nothing, now and later, if the watch is not the daemon's. */
void session_open(struct session *session, int epoll);

/* epoll says that there is something to read from fd; any other descriptor is ignored. */
void session_on_news(struct session *session, int fd);

/* The JVM is armed: from now on, the agent is told so. */
void session_armed(struct session *session, const char *level);

/* Reads what the JVM has sent before its end, bounded. It must not be held by us any more. */
void session_hear_rest(struct session *session);

void session_close(struct session *session);

#endif
