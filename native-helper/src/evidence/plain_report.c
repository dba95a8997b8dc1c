// SPDX-License-Identifier: Apache-2.0
#include "evidence/plain_report.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FILE_NAME "report.txt"
#define NEW_NAME ".report.txt.new"

static void append_line(struct text *text, const char *key, const char *value)
{
	char head[16];

	(void)snprintf(head, sizeof(head), "%-10s", key);
	text_append_string(text, head);
	text_append_string(text, value);
	text_append_string(text, "\n");
}

/* It appears complete or not at all; a disk that takes nothing more leaves the evidence alone. */
static void write_file(const struct evidence *evidence, const struct text *text)
{
	int fd;

	(void)unlinkat(evidence->dir_fd, NEW_NAME, 0);
	fd = openat(evidence->dir_fd, NEW_NAME,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (text_write(fd, text->data, text->len) ||
	    renameat(evidence->dir_fd, NEW_NAME, evidence->dir_fd, FILE_NAME))
		(void)unlinkat(evidence->dir_fd, NEW_NAME, 0);
	close(fd);
}

void plain_report_write(const struct plain_verdict *verdict, const struct evidence *evidence,
			const char *missing, char *line, size_t size)
{
	const char *category = plain_verdict_write(verdict, evidence, line, size);
	char value[REPORT_ID_LEN + 64], stamp[32] = "";
	time_t now = time(NULL);
	struct text text = {};
	struct tm utc;

	if (evidence->dir_fd < 0)
		return;
	gmtime_r(&now, &utc);
	(void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &utc);
	(void)snprintf(value, sizeof(value), "%s  %s", category, stamp);
	append_line(&text, "JMORTEM", value);
	append_line(&text, "WHY", line);
	append_line(&text, "MISSING", missing);
	(void)snprintf(value, sizeof(value), "make the whole report: jmortem show %s",
		       evidence->id);
	append_line(&text, "NEXT", value);
	if (!text.failed)
		write_file(evidence, &text);
	text_free(&text);
}
