// SPDX-License-Identifier: Apache-2.0
#include "daemon/finish.h"

#include <dirent.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "java/finisher.h"
#include "watch/arm.h"

#define SOON_NS (20 * NANOS_PER_SECOND)
#define AGAIN_NS (11 * 60 * NANOS_PER_SECOND) /* UnfinishedReports.ABANDONED, and a minute */

#define MAX_USERS 10000
#define MAX_ROUNDS 64 /* each makes some reports of one user */

static void finish_user(const struct config *config, const char *name)
{
	char directory[PATH_MAX];
	pid_t pid;

	if (strspn(name, "0123456789") != strlen(name) ||
	    snprintf(directory, sizeof(directory), "%s/%s", config->dir, name) >=
		    (int)sizeof(directory))
		return;
	for (int i = 0; i < MAX_ROUNDS; i++) {
		pid = finisher_start_in(config, directory);
		if (pid <= 0)
			return;
		(void)waitpid(pid, NULL, 0);
	}
}

_Noreturn static void finish_all(const struct config *config)
{
	const struct sched_param none = {};
	const struct dirent *entry;
	DIR *dir = opendir(config->dir);

	(void)prctl(PR_SET_NAME, HELPER_NAME);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setsid(); /* in the daemon's session, it would come before the reporters */
	(void)sched_setscheduler(0, SCHED_IDLE, &none);
	for (int i = 0; dir && i < MAX_USERS && (entry = readdir(dir)); i++)
		finish_user(config, entry->d_name);
	_exit(0);
}

void finish_later(struct finish *finish)
{
	uint64_t now = monotonic_ns();

	if (!finish->at_ns)
		finish->at_ns = now + SOON_NS;
	finish->again_at_ns = now + AGAIN_NS;
}

static bool is_due(uint64_t *at_ns, uint64_t now)
{
	bool is = *at_ns && *at_ns <= now;

	if (is)
		*at_ns = 0;
	return is;
}

void finish_if_due(struct finish *finish, const struct config *config)
{
	uint64_t now = monotonic_ns();

	if (finish->child || !(is_due(&finish->at_ns, now) | is_due(&finish->again_at_ns, now)))
		return;
	finish->child = fork();
	if (finish->child == 0)
		finish_all(config);
	if (finish->child < 0)
		finish->child = 0; /* after the next death */
}

int finish_timeout(const struct finish *finish)
{
	uint64_t now = monotonic_ns(), at = finish->at_ns;

	if (!at || (finish->again_at_ns && finish->again_at_ns < at))
		at = finish->again_at_ns;
	if (!at || finish->child)
		return -1;
	return at <= now ? 0 : (int)((at - now) / NANOS_PER_MILLI) + 1;
}

bool finish_reaped(struct finish *finish, pid_t child)
{
	if (child != finish->child)
		return false;
	finish->child = 0;
	return true;
}
