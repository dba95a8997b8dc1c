// SPDX-License-Identifier: Apache-2.0
#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void say(const char *format, ...)
{
	static const char prefix[] = "jmortem: ";
	char line[1024];
	size_t len = sizeof(prefix) - 1;
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
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ')
			line[i] = '?'; /* a path may hold anything; a terminal obeys it */
	line[len++] = '\n';
	/* nothing can be done where stderr is closed */
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}
