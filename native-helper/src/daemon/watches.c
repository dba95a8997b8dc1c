// SPDX-License-Identifier: Apache-2.0
#include "daemon/watches.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_line.h"

struct watched *watches_find(struct watches *watches, const struct grown_process *process)
{
	for (unsigned int i = 0; i < watches->end; i++) {
		const struct grown_process *known = &watches->slots[i].process;

		/* the number may have been reused while the report of the first one is made */
		if (known->pid == process->pid &&
		    (known->born_ns == process->born_ns || !known->born_ns || !process->born_ns))
			return &watches->slots[i];
	}
	return NULL;
}

struct watched *watches_find_child(struct watches *watches, pid_t child)
{
	for (unsigned int i = 0; i < watches->end; i++)
		if (watches->slots[i].process.pid && watches->slots[i].child == child)
			return &watches->slots[i];
	return NULL;
}

static struct watched *find_free(struct watches *watches)
{
	for (unsigned int i = 0; i < MAX_WATCHES; i++)
		if (!watches->slots[i].process.pid) {
			if (i >= watches->end)
				watches->end = i + 1;
			return &watches->slots[i];
		}
	return NULL;
}

/* What belongs to other JVMs must end with them, not with this child. */
static void close_others(struct watches *watches)
{
	watches->close_own(watches->context);
	for (unsigned int i = 0; i < watches->end; i++)
		if (watches->slots[i].process.pid)
			close(watches->slots[i].control);
}

_Noreturn static void be_child(struct watches *watches, const struct watched *watched,
			       const struct grown_process *process, int control)
{
	static struct look look;

	look = (struct look) {
		.config = watches->config,
		.programs = watches->programs,
		.process = *process, /* which may be part of what is closed now */
		.slot = (unsigned int)(watched - watches->slots),
		.control = control,
	};
	close_others(watches);
	look_at(&look);
}

static void tell_full(struct watches *watches)
{
	if (!watches->has_told_full)
		log_line("%u processes are watched, which is the limit: more are not", MAX_WATCHES);
	watches->has_told_full = true;
}

struct watched *watches_start(struct watches *watches, const struct grown_process *process)
{
	struct watched *watched = find_free(watches);
	int ends[2];
	pid_t child;

	if (!watched) {
		tell_full(watches);
		return NULL;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return NULL;
	child = fork();
	if (child == 0) {
		close(ends[0]);
		be_child(watches, watched, process, ends[1]);
	}
	close(ends[1]);
	if (child < 0) {
		close(ends[0]);
		return NULL;
	}
	*watched = (struct watched) {
		.process = *process,
		.child = child,
		.control = ends[0],
		.since_ns = monotonic_ns(),
	};
	watches->count++;
	return watched;
}

#define MAX_LOOKS 32
#define MAX_LOOKS_A_USER 64
#define MAX_UNFINISHED_LOOKS 256 /* the rest of the slots is for JVMs */
#define LOOK_HANGS_NS (200 * NANOS_PER_MILLI) /* then it uses no CPU */

bool watches_may_look(const struct watches *watches, uint32_t user)
{
	unsigned int looks = 0, of_user = 0, unfinished = 0;
	uint64_t now = monotonic_ns();

	for (unsigned int i = 0; i < watches->end; i++) {
		const struct watched *each = &watches->slots[i];

		if (!each->process.pid || each->is_jvm)
			continue;
		looks += now - each->since_ns < LOOK_HANGS_NS;
		of_user += each->process.uid == user;
		unfinished++;
	}
	return looks < MAX_LOOKS && of_user < MAX_LOOKS_A_USER && unfinished < MAX_UNFINISHED_LOOKS;
}

bool watches_has_room(const struct watches *watches, const struct watched *watched)
{
	unsigned int of_user = 0;

	for (unsigned int i = 0; i < watches->end; i++) {
		const struct watched *each = &watches->slots[i];

		of_user += each->is_jvm && each->user == watched->user &&
			   (watched->user || strcmp(each->cgroup, watched->cgroup) == 0);
	}
	return of_user <= MAX_WATCHES_A_USER;
}

void watches_free(struct watches *watches, struct watched *watched)
{
	close(watched->control);
	if (watches->programs)
		programs_free_slot(watches->programs, (unsigned int)(watched - watches->slots));
	*watched = (struct watched) {};
	watches->count--;
	while (watches->end && !watches->slots[watches->end - 1].process.pid)
		watches->end--;
	watches->has_told_full &= watches->count == MAX_WATCHES;
}
