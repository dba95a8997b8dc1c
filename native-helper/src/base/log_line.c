// SPDX-License-Identifier: Apache-2.0
#include "base/log_line.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

void log_line(const char *format, ...)
{
	static const char prefix[] = "jmortem: ";
	char line[1024];
	size_t len = sizeof(prefix) - 1;
	struct pollfd pollfd = { .fd = STDERR_FILENO, .events = POLLOUT };
	ssize_t ignored;
	va_list args;
	int n;

	memcpy(line, prefix, len);
	va_start(args, format);
	n = vsnprintf(line + len, sizeof(line) - len - 1, format, args);
	va_end(args);
	if (n < 0)
		return;
	len += (size_t)n;
	if (len > sizeof(line) - 2)
		len = sizeof(line) - 2;
	text_make_harmless(line, len); /* a path may hold control characters for a terminal */
	line[len++] = '\n';
	/* A full pipe must not block us while we hold the JVM: then the line is dropped. */
	if (poll(&pollfd, 1, 0) != 1 || !(pollfd.revents & POLLOUT))
		return;
	ignored = write(STDERR_FILENO, line, len);
	(void)ignored;
}
