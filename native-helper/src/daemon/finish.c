// SPDX-License-Identifier: Apache-2.0
#include "daemon/finish.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "evidence/evidence.h"
#include "evidence/grant.h"
#include "java/finisher.h"
#include "java/protocol.h"
#include "watch/arm.h"

#define SOON_NS (20 * NANOS_PER_SECOND)
#define AGAIN_NS (21 * 60 * NANOS_PER_SECOND) /* UnfinishedReports.ABANDONED, and a minute */

#define MAX_USERS 10000
#define MAX_ROUNDS 64 /* each makes some reports of a user */
#define MAX_REPORTS 100000

/* The users whose turn is not over. */
struct users {
	size_t count;
	uid_t ids[MAX_USERS];
};

/*
 * A report that is new in a directory which its user may read; the other files are older, or as
 * new. A directory without a list was never published, or was withheld from the user
 * (watch_report.c).
 */
static bool lacks_grant(int report_dir, uid_t user)
{
	int fd = openat(report_dir, REPORT_FILE,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool is_new = fd >= 0 && store_is_granted(report_dir, user) && !store_is_granted(fd, user);

	if (fd >= 0)
		close(fd);
	return is_new;
}

static void grant_report(int reports, const char *name, uid_t user)
{
	int fd = openat(reports, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	if (lacks_grant(fd, user))
		store_grant(fd, user);
	close(fd);
}

/* What root makes is root's alone, but the report's directory has kept its list. */
static void grant_made(const char *path, uid_t user)
{
	int fd = evidence_open_reports(path);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	for (unsigned int i = 0; dir && i < MAX_REPORTS && (entry = readdir(dir)); i++)
		if (*entry->d_name != '.')
			grant_report(fd, entry->d_name, user);
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
}

/* Returns whether another round would make more of this user's reports. */
static bool finish_user(const struct config *config, uid_t user)
{
	char path[PATH_MAX];
	int status = 0;
	pid_t pid;

	if (snprintf(path, sizeof(path), "%s/%u", config->dir, user) >= (int)sizeof(path))
		return false;
	pid = finisher_start_in(config, path);
	if (pid > 0 && waitpid(pid, &status, 0) != pid)
		return false;
	if (user)
		grant_made(path, user); /* also what a daemon that was ended has not granted */
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == FINISHER_HAS_MORE;
}

static void find_users(struct users *users, const char *store)
{
	const struct dirent *entry;
	DIR *dir = opendir(store);
	unsigned long id;
	char *end;

	for (int i = 0; dir && i < MAX_USERS && (entry = readdir(dir)); i++) {
		id = strtoul(entry->d_name, &end, 10);
		if (isdigit((unsigned char)*entry->d_name) && !*end && id < (uid_t)-1)
			users->ids[users->count++] = (uid_t)id;
	}
	if (dir)
		closedir(dir);
}

/* One round for each user: nobody waits for all reports of another. */
static void finish_round(const struct config *config, struct users *users)
{
	size_t left = 0;

	for (size_t i = 0; i < users->count; i++)
		if (finish_user(config, users->ids[i]))
			users->ids[left++] = users->ids[i];
	users->count = left;
}

_Noreturn static void finish_all(const struct config *config)
{
	static struct users users;
	const struct sched_param none = {};

	(void)prctl(PR_SET_NAME, HELPER_NAME);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setsid(); /* in the daemon's session, it would come before the reporters */
	(void)sched_setscheduler(0, SCHED_IDLE, &none);
	find_users(&users, config->dir);
	for (int i = 0; i < MAX_ROUNDS && users.count; i++)
		finish_round(config, &users);
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
