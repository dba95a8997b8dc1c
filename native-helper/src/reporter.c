// SPDX-License-Identifier: Apache-2.0
#include "reporter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "java.h"

/* io.jmortem.reporter.Main expects them at these numbers. */
#define ROOT_FD 3
#define CWD_FD 4

/* Where its log is, which may be in another root directory than ours. */
static bool hand_over_directories(const struct jvm *jvm)
{
	int root = jvm->root_fd < 0 ? -1 : fcntl(jvm->root_fd, F_DUPFD_CLOEXEC, CWD_FD + 1);
	int cwd = jvm->cwd_fd < 0 ? -1 : fcntl(jvm->cwd_fd, F_DUPFD_CLOEXEC, CWD_FD + 1);

	return root >= 0 && cwd >= 0 && dup2(root, ROOT_FD) == ROOT_FD &&
	       dup2(cwd, CWD_FD) == CWD_FD;
}

static void become_reporter(const struct config *config, const struct jvm *jvm, const char *dir)
{
	char error_file[PATH_MAX + 64];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)snprintf(error_file, sizeof(error_file), "-XX:ErrorFile=%s/reporter_hs_err.log", dir);
	if (dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		_exit(126);
	java_exec(config, "-Xmx384m", error_file, "io.jmortem.reporter.Main", dir,
		  hand_over_directories(jvm) ? "directories" : NULL);
}

int reporter_start(struct reporter *reporter, const struct config *config, const struct jvm *jvm,
		   const char *dir)
{
	reporter->pid = fork();
	if (reporter->pid == 0)
		become_reporter(config, jvm, dir);
	if (reporter->pid > 0)
		return 0;
	reporter->pid = 0;
	return -errno;
}
