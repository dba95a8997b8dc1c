// SPDX-License-Identifier: Apache-2.0
#include "probes/known_files.h"

#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct search {
	file_handler found;
	void *context;
};

static void find_all(const struct search *search, const char *pattern)
{
	glob_t found = {};

	if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			search->found(search->context, found.gl_pathv[i]);
	globfree(&found);
}

/* The same directory in a pattern of glob(7): its name may have any characters. */
static void escape(const char *directory, char *escaped, size_t size)
{
	size_t len = 0;

	for (; *directory && len + 2 < size; directory++) {
		if (strchr("*?[]\\", *directory))
			escaped[len++] = '\\';
		escaped[len++] = *directory;
	}
	escaped[len] = '\0';
}

/* bin/java in a JDK of any version. */
static void find_of_launcher(const struct search *search, const char *java)
{
	static const char *const places[] = { "lib/server", "lib/client", "lib/*/server",
					      "jre/lib/*/server" };
	char home[PATH_MAX], escaped[2 * PATH_MAX], pattern[2 * PATH_MAX + 64];
	char *bin = NULL;

	if (!realpath(java, home))
		return;
	/* the last one: a JDK may lie in somebody's bin/java-17 */
	for (char *at = home; (at = strstr(at, "/bin/java")); at++)
		bin = at;
	if (!bin)
		return;
	*bin = '\0';
	escape(home, escaped, sizeof(escaped));
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		(void)snprintf(pattern, sizeof(pattern), "%s/%s/libjvm.so", escaped, places[i]);
		find_all(search, pattern);
	}
}

static void find_on_path(const struct search *search)
{
	const char *path = getenv("PATH");
	char java[PATH_MAX];

	while (path && *path) {
		size_t len = strcspn(path, ":");

		(void)snprintf(java, sizeof(java), "%.*s/java", (int)len, path);
		find_of_launcher(search, java);
		path += len + (path[len] == ':');
	}
}

void known_libjvms(const char *java, file_handler found, void *context)
{
	const struct search search = { found, context };
	const char *home = getenv("JAVA_HOME"), *user = getenv("HOME");
	char path[2 * PATH_MAX], escaped[PATH_MAX];

	find_of_launcher(&search, java);
	find_on_path(&search);
	find_all(&search, "/usr/lib/jvm/*/lib/server/libjvm.so");
	find_all(&search, "/usr/lib/jvm/*/jre/lib/*/server/libjvm.so");
	find_all(&search, "/opt/*/lib/server/libjvm.so");
	if (home) {
		(void)snprintf(path, sizeof(path), "%s/bin/java", home);
		find_of_launcher(&search, path);
	}
	if (user) {
		escape(user, escaped, sizeof(escaped));
		(void)snprintf(path, sizeof(path),
			       "%s/.sdkman/candidates/java/*/lib/server/libjvm.so", escaped);
		find_all(&search, path);
	}
}

void known_libcs(file_handler found, void *context)
{
	static const char *const paths[] = { "/lib/x86_64-linux-gnu/libc.so.6", "/lib64/libc.so.6",
					     "/lib/ld-musl-x86_64.so.1" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (access(paths[i], R_OK) == 0)
			found(context, paths[i]);
}
