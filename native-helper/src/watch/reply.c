// SPDX-License-Identifier: Apache-2.0
#include "watch/reply.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"

static const char *const reasons[REFUSALS] = {
	[REFUSED_CONFIGURATION] = "configuration",
	[REFUSED_PROCESS] = "process",
	[REFUSED_WATCHED] = "watched",
	[REFUSED_QUOTA] = "quota",
	[REFUSED_SYSTEM] = "system",
};

/* Cuts off a line that is too long. Returns whether the line was written. */
static bool write_line(int fd, const char *words, const char *detail)
{
	char line[PATH_MAX + 32];
	int len = snprintf(line, sizeof(line), "%s %s\n", words, detail);

	if (len >= (int)sizeof(line)) {
		len = (int)sizeof(line) - 1;
		line[len - 1] = '\n';
	}
	text_make_harmless(line, (size_t)len - 1); /* a path may hold a line break */
	return write(fd, line, (size_t)len) == len;
}

bool reply_ask_permission(void)
{
	char pid[16], line_break;

	(void)snprintf(pid, sizeof(pid), "%d", getpid());
	return write_line(STDOUT_FILENO, "allow", pid) && read(STDIN_FILENO, &line_break, 1) == 1;
}

void reply_armed_to(int fd, const char *level)
{
	char detail[64];

	(void)snprintf(detail, sizeof(detail), "%s %d", level, getpid());
	(void)write_line(fd, "armed", detail);
}

void reply_failed_to(int fd, enum refusal reason, const char *why)
{
	char words[32];

	(void)snprintf(words, sizeof(words), "failed %s", reasons[reason]);
	(void)write_line(fd, words, why);
}

void reply_armed(const char *level)
{
	reply_armed_to(STDOUT_FILENO, level);
}

void reply_failed(enum refusal reason, const char *why)
{
	reply_failed_to(STDOUT_FILENO, reason, why);
}

void reply_report(const char *path)
{
	(void)write_line(STDOUT_FILENO, "report", path);
}

void reply_ended(bool has_status, uint32_t status)
{
	char number[16] = "unknown";

	if (has_status)
		(void)snprintf(number, sizeof(number), "%u", status);
	(void)write_line(STDOUT_FILENO, "ended", number);
}

void reply_close(void)
{
	close(STDOUT_FILENO);
	close(STDIN_FILENO);
}
