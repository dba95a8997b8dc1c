// SPDX-License-Identifier: Apache-2.0
#include "reporter.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAIN_CLASS "io.jmortem.reporter.Main"
#define MAX_ENVIRONMENT 64

/*
 * Everything else stays behind: JAVA_TOOL_OPTIONS and its like would start an agent
 * in the reporter, LD_PRELOAD would load what may have killed the JVM.
 */
static bool is_kept(const char *variable)
{
	static const char *const kept[] = { "PATH=", "HOME=", "USER=", "LANG=", "LC_", "TZ=" };

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		if (strncmp(variable, kept[i], strlen(kept[i])) == 0)
			return true;
	return false;
}

static void clean_environment(char **to, size_t size)
{
	size_t n = 0;

	for (char **from = environ; from && *from && n < size - 1; from++)
		if (is_kept(*from))
			to[n++] = *from;
	to[n] = NULL;
}

static void become_reporter(const struct config *config, const char *dir)
{
	char error_file[PATH_MAX + 64];
	char *environment[MAX_ENVIRONMENT];
	/* a small heap, quick to start, and leaving no traces of its own */
	const char *const argv[] = { config->java,
				     "-XX:+IgnoreUnrecognizedVMOptions",
				     "-Xmx256m",
				     "-Xms8m",
				     "-XX:+UseSerialGC",
				     "-XX:TieredStopAtLevel=1",
				     "-XX:-UsePerfData",
				     "-XX:-CreateCoredumpOnCrash",
				     "-Xshare:auto",
				     error_file,
				     "-cp",
				     config->jar,
				     MAIN_CLASS,
				     dir,
				     NULL };
	sigset_t none;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)snprintf(error_file, sizeof(error_file), "-XX:ErrorFile=%s/reporter_hs_err.log", dir);
	clean_environment(environment, MAX_ENVIRONMENT);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	if (dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		_exit(126);
	execve(config->java, (char *const *)argv, environment);
	_exit(127);
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
