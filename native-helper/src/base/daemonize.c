// SPDX-License-Identifier: Apache-2.0
#include "base/daemonize.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/null_device.h"
#include "base/scheduling.h"

void daemonize(void)
{
	const struct rlimit no_core = { 0, 0 };
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	if (setsid() > 0)
		scheduling_own_session();
	(void)setrlimit(RLIMIT_CORE, &no_core);
	umask(077);
	if (chdir("/"))
		return; /* if the directory can't be left, that does no harm */
}

void fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open_null(0);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

void lock_code_in_memory(void)
{
	extern const char __executable_start[], end[]; /* defined by the linker, see end(3) */

	(void)mlock2(__executable_start, (size_t)(end - __executable_start), MLOCK_ONFAULT);
}

void silence_stderr(void)
{
	int null = open_null(O_CLOEXEC);

	(void)dup2(null, STDERR_FILENO);
	if (null > STDERR_FILENO)
		close(null);
}

/* The lowest descriptor in the list that is not below this number; or INT_MAX. */
static int next_kept(const int *kept, size_t count, int from)
{
	int next = INT_MAX;

	for (size_t i = 0; i < count; i++)
		if (kept[i] >= from && kept[i] < next)
			next = kept[i];
	return next;
}

void close_descriptors_except(const int *kept, size_t count)
{
	int from = STDERR_FILENO + 1, next;

	while ((next = next_kept(kept, count, from)) != INT_MAX) {
		/* an empty range is refused, which does no harm */
		(void)close_range((unsigned int)from, (unsigned int)next - 1, 0);
		from = next + 1;
	}
	(void)close_range((unsigned int)from, ~0U, 0);
}
