/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LISTENER_H
#define LISTENER_H

#include <stdbool.h>
#include <sys/types.h>

/* The daemon's socket, where agents connect: unix(7), SOCK_STREAM. */
struct listener {
	int fd;
	int lock_fd; /* a file beside it, locked as long as this daemon lives */
};

/*
 * Creates the socket, for every user to connect, in a directory that is root's: missing ones are
 * created. Takes the lock first, so there is one daemon a socket. Returns 0 or -errno: EBUSY if
 * another daemon has the lock, EPERM if others may write to the directory.
 */
int listener_open(struct listener *listener, const char *path);

/* Who connected, by the kernel's word alone. */
struct peer {
	int fd; /* the connection */
	int pidfd; /* -1: the kernel does not tell (before Linux 6.5) */
	pid_t pid; /* in our pid namespace; 0: not visible there */
	uid_t uid;
};

/* Takes a connection. Returns false if there is none. */
bool listener_accept(const struct listener *listener, struct peer *peer);

/*
 * Whether the process that connected is still the one with this pid; to be asked after the pid was
 * used.
 */
bool peer_lives(const struct peer *peer);

/* Answers with one line, without waiting, and closes the connection. */
void peer_refuse(struct peer *peer, const char *answer);

/* Closes the descriptors of a connection that another process has now. */
void peer_close(struct peer *peer);

#endif
