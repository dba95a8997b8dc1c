// SPDX-License-Identifier: Apache-2.0
#include "java/finisher.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/null_device.h"
#include "base/origin.h"
#include "evidence/evidence.h"
#include "java/java_process.h"

/* SIGALRM ends it then; an alarm survives execve(2). */
#define PATIENCE_S 300

/* A directory of reports has fewer; what is beyond is left to `jmortem list`. */
#define MAX_ENTRIES 100000

static bool has(int directory, const char *name, const char *file)
{
	char path[NAME_MAX + 32];

	(void)snprintf(path, sizeof(path), "%s/%s", name, file);
	return faccessat(directory, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_unfinished(int directory)
{
	DIR *dir = fdopendir(directory);
	const struct dirent *entry;
	bool found = false;

	if (!dir) {
		close(directory);
		return false;
	}
	for (unsigned int i = 0; i < MAX_ENTRIES && !found && (entry = readdir(dir)); i++)
		found = has(directory, entry->d_name, EVIDENCE_FILE) &&
			!has(directory, entry->d_name, REPORT_FILE);
	closedir(dir);
	return found;
}

static _Noreturn void become_finisher(const struct config *config, const char *directory)
{
	const struct sched_param none = {};
	int null = open_null(O_CLOEXEC);

	(void)setsid();
	(void)sched_setscheduler(0, SCHED_IDLE, &none);
	(void)setpriority(PRIO_PROCESS, 0, 19);
	(void)alarm(PATIENCE_S);
	if (dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0) /* stderr is another JVM's */
		_exit(126);
	(void)close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	java_exec(config, 0, "-Xmx384m", "-XX:+SuppressFatalErrorMessage",
		  "io.jmortem.reporter.Finisher", directory, NULL);
}

pid_t finisher_start_in(const struct config *config, const char *directory)
{
	int fd = evidence_open_reports(directory);
	pid_t pid;

	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	if (!is_unfinished(fd))
		return 0;
	pid = fork();
	if (pid == 0)
		become_finisher(config, directory);
	return pid < 0 ? -errno : pid;
}

pid_t finisher_start(const struct config *config)
{
	char directory[PATH_MAX];

	return origin_resolve(config->dir, directory, sizeof(directory))
		       ? finisher_start_in(config, directory)
		       : -ENOENT;
}
