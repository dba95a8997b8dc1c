// SPDX-License-Identifier: Apache-2.0
#include "java/java_process.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "process/sandbox.h"

#define MAX_ENVIRONMENT 64

/* What is handed over has numbers up to this. */
#define LAST_FD 4

/*
 * Everything else stays behind: JAVA_TOOL_OPTIONS and its like would start an agent
 * in this one too, LD_PRELOAD would load what may have killed the JVM.
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

void java_exec(const struct config *config, const char *heap, const char *vm_option,
	       const char *main_class, const char *argument)
{
	char *environment[MAX_ENVIRONMENT];
	const char *const argv[] = { config->java,
				     "-XX:+IgnoreUnrecognizedVMOptions",
				     heap,
				     "-Xms8m",
				     "-XX:+UseSerialGC",
				     "-XX:TieredStopAtLevel=1",
				     "-XX:-UsePerfData",
				     "-XX:-CreateCoredumpOnCrash",
				     "-Xshare:auto",
				     "-Xlog:disable",
				     "-XX:-PrintWarnings",
				     vm_option,
				     "-cp",
				     config->jar,
				     main_class,
				     argument,
				     NULL };
	sigset_t none;

	(void)close_range(LAST_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	sandbox_enter(SANDBOX_JAVA); /* before a path is followed that we were told */
	clean_environment(environment, MAX_ENVIRONMENT);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	/* what ends a whole service must not end its inspection; HotSpot leaves it at that */
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	execve(config->java, (char *const *)argv, environment);
	_exit(127);
}
