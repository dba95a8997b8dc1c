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

static void become_reporter(const struct config *config, const char *dir, int input)
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
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)snprintf(error_file, sizeof(error_file), "-XX:ErrorFile=%s/reporter_hs_err.log", dir);
	clean_environment(environment, MAX_ENVIRONMENT);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	if (dup2(input, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		_exit(126);
	execve(config->java, (char *const *)argv, environment);
	_exit(127);
}

int reporter_start(struct reporter *reporter, const struct config *config, const char *dir)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	reporter->pid = fork();
	if (reporter->pid == 0)
		become_reporter(config, dir, ends[0]);
	close(ends[0]);
	if (reporter->pid < 0) {
		int err = -errno;

		reporter->pid = 0;
		close(ends[1]);
		return err;
	}
	reporter->input = ends[1];
	return 0;
}

void reporter_complete(struct reporter *reporter, const char *dir)
{
	if (reporter->input < 0)
		return;
	/* SIGPIPE is blocked; if the reporter has died, its status will tell */
	ssize_t ignored = write(reporter->input, dir, strlen(dir));

	(void)ignored;
	close(reporter->input);
	reporter->input = -1;
}
