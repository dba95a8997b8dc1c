// SPDX-License-Identifier: Apache-2.0
#include "answer.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

void answer(const char *word, const char *detail)
{
	char line[PATH_MAX + 32];
	int len = snprintf(line, sizeof(line), "%s %s\n", word, detail);
	ssize_t ignored;

	if (len >= (int)sizeof(line)) { /* cut off */
		len = (int)sizeof(line) - 1;
		line[len - 1] = '\n';
	}
	ignored = write(STDOUT_FILENO, line, (size_t)len);
	(void)ignored;
}

void answer_armed(const char *level)
{
	char detail[64];

	(void)snprintf(detail, sizeof(detail), "%s %d", level, getpid());
	answer("armed", detail);
}

void close_answer(void)
{
	close(STDOUT_FILENO);
	close(STDIN_FILENO);
}
