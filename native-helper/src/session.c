// SPDX-License-Identifier: Apache-2.0
#include "session.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool has_own_session;

/* Where sessions share the CPU as groups (sched(7), autogroup), a process's own nice is nothing. */
static void set_session_nice(const char *nice)
{
	int fd = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, nice, strlen(nice));
	close(fd);
}

void leave_session(void)
{
	const struct rlimit no_core = { 0, 0 };
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	has_own_session = setsid() > 0;
	if (has_own_session)
		set_session_nice("-20"); /* never one that others are in */
	(void)setrlimit(RLIMIT_CORE, &no_core);
	umask(077);
	if (chdir("/"))
		return; /* a directory that can't be left does no harm */
}

void fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

void keep_code(void)
{
	extern const char __executable_start[], end[]; /* the linker's, see end(3) */

	(void)mlock2(__executable_start, (size_t)(end - __executable_start), MLOCK_ONFAULT);
}

/* linux/sched/types.h; the C library has no wrapper, and its own name for it in newer ones */
struct scheduling {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t slice_ns, deadline, period;
};

#define RESET_ON_FORK 1 /* SCHED_FLAG_RESET_ON_FORK */
#define SLICE_NS 100000 /* the shortest; a short one comes first (Linux 6.12) */

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

void be_prompt(void)
{
	schedule(&prompt);
}

void be_first(bool is_first)
{
	static const struct scheduling first = {
		.size = sizeof(first),
		.policy = SCHED_RR,
		.flags = RESET_ON_FORK,
		.priority = 1,
	};

	schedule(is_first ? &first : &prompt);
}

void be_modest(void)
{
	if (has_own_session)
		set_session_nice("0");
}

void be_silent(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)dup2(null, STDERR_FILENO);
	if (null > STDERR_FILENO)
		close(null);
}

/* The lowest of them that is at least so high; or INT_MAX. */
static int next_kept(const int *kept, size_t count, int from)
{
	int next = INT_MAX;

	for (size_t i = 0; i < count; i++)
		if (kept[i] >= from && kept[i] < next)
			next = kept[i];
	return next;
}

void close_all_but(const int *kept, size_t count)
{
	int from = STDERR_FILENO + 1, next;

	while ((next = next_kept(kept, count, from)) != INT_MAX) {
		/* a range with nothing in it is refused, which is as good */
		(void)close_range((unsigned int)from, (unsigned int)next - 1, 0);
		from = next + 1;
	}
	(void)close_range((unsigned int)from, ~0U, 0);
}
