/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WATCHES_H
#define WATCHES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/look.h"
#include "watch/control.h"

/* The most processes that are watched, or looked at, at the same time. */
#define MAX_WATCHES 1024

/* One user's JVMs must leave room for the others': the most of a user. */
#define MAX_WATCHES_A_USER 640

/* A process that was started to look at another one, and then perhaps watches it. */
struct watched {
	struct grown_process process; /* pid 0: the slot is free */
	pid_t child; /* the watchdog of the watch; 0: it has ended */
	int control; /* socket to the worker */
	bool is_closed; /* the other end of it, because the worker has ended, too */
	bool is_refused; /* a JVM beyond a limit */
	bool is_jvm; /* the child watches it */
	uint32_t user; /* of the JVM */
	uint64_t since_ns; /* when the child was started */
	uint64_t connected_ns; /* when an agent's connection was last passed on; 0: never */
	char cgroup[CONTROL_CGROUP_LEN];
};

/* All of them. The index is the slot of the BPF programs. */
struct watches {
	const struct config *config;
	struct programs *programs; /* NULL: no BPF here */
	struct watched slots[MAX_WATCHES];
	unsigned int count; /* slots that are in use */
	unsigned int end; /* no slot from here on is in use */
	void (*close_own)(void *context); /* in a child: closes the daemon's own descriptors */
	void *context;
	bool has_told_full;
};

/* The slot of a process; NULL if nobody looks at it. */
struct watched *watches_find(struct watches *watches, const struct grown_process *process);
struct watched *watches_find_child(struct watches *watches, pid_t child);

/*
 * Starts a child that looks at the process (look.h). Returns its slot; or NULL, and says so once,
 * if there are too many already.
 */
struct watched *watches_start(struct watches *watches, const struct grown_process *process);

/*
 * Whether another child may look at a process of this user: not if many do just now, or if many
 * looks at the user's processes do not come to an end.
 */
bool watches_may_look(const struct watches *watches, uint32_t user);

/*
 * Whether there is room for this JVM: not if its user has too many. Root of a container is the same
 * user as root of the host, so the cgroup tells them apart.
 */
bool watches_has_room(const struct watches *watches, const struct watched *watched);

/* After child and worker have ended. */
void watches_free(struct watches *watches, struct watched *watched);

#endif
