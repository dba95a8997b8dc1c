/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTROL_H
#define CONTROL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What the daemon and a process that it started for one JVM tell each other: one message a packet
 * (SOCK_SEQPACKET). To the watch: one byte, with a descriptor or without.
 */
enum control_to_watch {
	CONTROL_AGENT = 'a', /* with a connection from the JVM's own agent */
	CONTROL_DISMISS = 'd', /* end without a report, unless a death was recorded */
};

/* To the daemon. */
enum control_kind {
	CONTROL_IS_JVM = 1, /* it is a JVM that is to be watched, and this process does so */
	CONTROL_IS_NO_JVM,
	CONTROL_IS_LEFT_OUT, /* a JVM that a rule leaves out, or that another helper watches */
	CONTROL_LEARNED, /* a probe was attached for all processes; with its descriptor */
};

#define CONTROL_NAME_LEN 128
#define CONTROL_CGROUP_LEN 256

struct control_message {
	uint32_t kind; /* enum control_kind */
	uint32_t uid; /* IS_JVM: of the JVM */
	int32_t place; /* LEARNED: of the probe (known_uprobes.h) */
	char text[CONTROL_NAME_LEN]; /* IS_JVM: main class or jar. IS_LEFT_OUT: why. */
	char cgroup[CONTROL_CGROUP_LEN]; /* IS_JVM */
};

/* Sends a message; fd: a descriptor that goes with it, or -1. Never blocks. */
bool control_send(int socket, const void *message, size_t size, int fd);

/*
 * Receives one message without blocking. Returns its size; 0 at the end of the connection; -errno.
 * *fd: the descriptor that came with it, or -1; a caller that does not want it closes it.
 */
ssize_t control_receive(int socket, void *message, size_t size, int *fd);

#endif
