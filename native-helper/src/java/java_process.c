// SPDX-License-Identifier: Apache-2.0
#include "java/java_process.h"

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "process/sandbox.h"
#include "process/throwaway.h"

#define MAX_ENVIRONMENT 64

/* The highest descriptor that is passed on. */
#define LAST_FD 4

/*
 * Only these variables are passed on. JAVA_TOOL_OPTIONS and similar ones would start an agent in
 * our process, too, and LD_PRELOAD would load a library that may have killed the JVM.
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

/* The file that holds the classes of the JDK with this executable, as in JDK/bin/java. */
static bool find_modules(const char *java, char *path, size_t size)
{
	char *end;

	if (snprintf(path, size, "%s", java) >= (int)size)
		return false;
	for (int i = 0; i < 2; i++) {
		end = strrchr(path, '/');
		if (!end)
			return false;
		*end = '\0';
	}
	return snprintf(end, size - (size_t)(end - path), "/lib/modules") <
	       (int)(size - (size_t)(end - path));
}

uid_t java_user(const struct config *config)
{
	char modules[PATH_MAX];
	const char *files[] = { config->jar, NULL, NULL };
	uid_t user = throwaway_choose();

	if (find_modules(config->java, modules, sizeof(modules)) && access(modules, F_OK) == 0)
		files[1] = modules;
	return user && throwaway_can_run(user, config->java, files) ? user : 0;
}

void java_exec(const struct config *config, uid_t user, const char *heap, const char *vm_option,
	       const char *main_class, const char *argument, const char *second)
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
				     second,
				     NULL };
	sigset_t none;

	(void)close_range(LAST_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	sandbox_enter(SANDBOX_JAVA, user); /* before we follow a path from the configuration */
	clean_environment(environment, MAX_ENVIRONMENT);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	/* the SIGTERM of a stopping service must not end us; HotSpot keeps an ignored SIGTERM */
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	execve(config->java, (char *const *)argv, environment);
	_exit(127);
}
