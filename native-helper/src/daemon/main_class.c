// SPDX-License-Identifier: Apache-2.0
#include "daemon/main_class.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* The class stands behind the class path, which may be long. */
#define MAX_COMMAND_LINE (2 << 20)

/* Options of the launcher whose value is the next argument (java(1)). */
static bool has_value(const char *option)
{
	static const char *const options[] = {
		"-cp",
		"-classpath",
		"--class-path",
		"-p",
		"--module-path",
		"--upgrade-module-path",
		"--add-modules",
		"--limit-modules",
		"--add-reads",
		"--add-exports",
		"--add-opens",
		"--patch-module",
		"--enable-native-access",
		"--source",
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (strcmp(option, options[i]) == 0)
			return true;
	return false;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The argument behind this one; NULL at the end. */
static const char *next(const char *argument, const char *end)
{
	argument += strlen(argument) + 1;
	return argument < end ? argument : NULL;
}

static const char *find(const char *program, const char *end)
{
	const char *at = next(program, end);

	if (strcmp(base_name(program), "java") != 0)
		return base_name(program);
	while (at && *at == '-') {
		bool is_last = strcmp(at, "-jar") == 0 || strcmp(at, "-m") == 0 ||
			       strcmp(at, "--module") == 0;

		if (is_last) {
			at = next(at, end);
			return at ? base_name(at) : program;
		}
		if (has_value(at))
			at = next(at, end);
		at = at ? next(at, end) : NULL;
	}
	return at ? at : base_name(program);
}

void main_class(int proc_fd, char *name, size_t size)
{
	struct text line = {};

	*name = '\0';
	(void)text_read_file(&line, proc_fd, "cmdline", MAX_COMMAND_LINE);
	if (line.len && !line.data[line.len - 1]) {
		(void)snprintf(name, size, "%s", find(line.data, line.data + line.len));
		text_make_harmless(name, strlen(name));
	}
	text_free(&line);
}
