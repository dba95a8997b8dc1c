// SPDX-License-Identifier: Apache-2.0
#include "base/scheduling.h"

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool has_own_session;

/* With autogroups (sched(7)), sessions share the CPU, and a process's nice has no effect. */
static void set_session_nice(const char *nice)
{
	int fd = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, nice, strlen(nice));
	close(fd);
}

/* linux/sched/types.h; the C library has no wrapper, and newer ones use another name */
struct scheduling {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t slice_ns, deadline, period;
};

#define RESET_ON_FORK 1 /* SCHED_FLAG_RESET_ON_FORK */
#define SLICE_NS 100000 /* the shortest slice; short slices run first (Linux 6.12) */

static const struct scheduling prompt = {
	.size = sizeof(prompt),
	.policy = SCHED_OTHER,
	.flags = RESET_ON_FORK,
	.nice = -20,
	.slice_ns = SLICE_NS,
};

static void schedule(const struct scheduling *how)
{
	(void)syscall(SYS_sched_setattr, 0, how, 0U);
}

void set_high_priority_for_children(void)
{
	struct scheduling inherited = prompt;

	inherited.flags = 0;
	schedule(&inherited);
}

void set_high_priority(void)
{
	schedule(&prompt);
}

void set_realtime_priority(bool wanted)
{
	static const struct scheduling first = {
		.size = sizeof(first),
		.policy = SCHED_RR,
		.flags = RESET_ON_FORK,
		.priority = 1,
	};

	schedule(wanted ? &first : &prompt);
}

void scheduling_own_session(void)
{
	has_own_session = true;
	set_session_nice("-20");
}

void set_normal_priority(void)
{
	if (has_own_session)
		set_session_nice("0");
}
