// SPDX-License-Identifier: Apache-2.0
#include "reporter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "java.h"

static void become_reporter(const struct config *config, const char *dir)
{
	char error_file[PATH_MAX + 64];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)snprintf(error_file, sizeof(error_file), "-XX:ErrorFile=%s/reporter_hs_err.log", dir);
	if (dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		_exit(126);
	java_exec(config, "-Xmx384m", error_file, "io.jmortem.reporter.Main", dir);
}

int reporter_start(struct reporter *reporter, const struct config *config, const char *dir)
{
	reporter->pid = fork();
	if (reporter->pid == 0)
		become_reporter(config, dir);
	if (reporter->pid > 0)
		return 0;
	reporter->pid = 0;
	return -errno;
}
