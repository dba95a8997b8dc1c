// SPDX-License-Identifier: Apache-2.0
#include "kernel_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

#define MAX_RECORD 8192 /* the kernel's own limit is smaller */
#define MAX_READ 20000 /* records; months may have passed */
#define MAX_LINES 32
#define RECENT_NS (60 * NANOS_PER_SECOND) /* other processes' deaths may have been logged */

int kernel_log_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && lseek(fd, 0, SEEK_END) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* mm/oom_kill.c, mm/memcontrol.c, arch/x86/kernel/traps.c, mm/fault.c, mm/memory-failure.c */
static bool is_about_a_death(const char *text)
{
	static const char *const words[] = {
		"oom-kill:",	 "ut of memory",     "invoked oom-killer",
		"memory: usage", "segfault at",	     "general protection",
		"traps: ",	 "Memory failure: ", "Killed process",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

/*
 * "PRIORITY,SEQUENCE,MICROSECONDS,FLAGS;TEXT\n", then " KEY=VALUE\n" lines
 * (Documentation/ABI/testing/dev-kmsg). The clock is the scheduler's, nearly the monotonic.
 */
static bool record(struct evidence *evidence, char *data)
{
	char *text = strchr(data, ';');
	char *end = text ? strchr(text, '\n') : NULL;
	unsigned long long micros;
	struct json *json;

	if (!end || sscanf(data, "%*u,%*u,%llu", &micros) != 1)
		return false;
	*end = '\0';
	if (micros * 1000 + RECENT_NS < monotonic_ns() || !is_about_a_death(++text))
		return false;
	json = evidence_begin(evidence, "kernel_log", micros * 1000);
	json_bytes(json, "text", text, strlen(text));
	evidence_end(evidence);
	return true;
}

void kernel_log_capture(int fd, struct evidence *evidence)
{
	char data[MAX_RECORD];
	unsigned int lines = 0;

	for (unsigned int i = 0; fd >= 0 && i < MAX_READ && lines < MAX_LINES; i++) {
		ssize_t n = read(fd, data, sizeof(data) - 1);

		if (n < 0 && errno == EPIPE)
			continue; /* overwritten meanwhile: the next read is of the oldest left */
		if (n <= 0)
			return;
		data[n] = '\0';
		lines += record(evidence, data);
	}
}
