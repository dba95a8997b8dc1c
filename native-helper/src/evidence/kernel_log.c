// SPDX-License-Identifier: Apache-2.0
#include "evidence/kernel_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "evidence/events.h"
#include "process/cgroup.h"

#define MAX_RECORD 8192 /* the kernel's own limit is smaller */
#define MAX_READ 20000 /* records; the watch may have lasted for months */
#define MAX_LINES 32
#define MAX_HELD 8
#define RECENT_NS (60 * NANOS_PER_SECOND) /* the log may contain deaths of other processes */

void kernel_log_open(struct kernel_log *log, const struct jvm *jvm)
{
	char path[32];

	memset(log, 0, sizeof(*log));
	log->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log->fd >= 0 && lseek(log->fd, 0, SEEK_END) < 0) {
		close(log->fd);
		log->fd = -1;
	}
	(void)snprintf(path, sizeof(path), "task/%d/cgroup", jvm->tid);
	cgroup_memory_path(jvm->proc_fd, path, log->cgroup, sizeof(log->cgroup));
	if (is_first_pid_namespace()) {
		kernel_log_add(log, jvm->pid);
		kernel_log_add(log, jvm->tid);
		kernel_log_add(log, getpid());
		kernel_log_add(log, getppid());
	}
}

static bool is_ours(const struct kernel_log *log, long pid)
{
	for (size_t i = 0; i < log->pid_count; i++)
		if (log->pids[i] == pid)
			return true;
	return false;
}

void kernel_log_add(struct kernel_log *log, pid_t pid)
{
	if (pid > 0 && log->pid_count < LOG_PIDS && !is_ours(log, pid))
		log->pids[log->pid_count++] = pid;
}

/* ---- the subject of a line ------------------------------------------------------ */

/*
 * A process chooses its own name, so a number in a line may be part of a name. Only numbers at
 * places where no name can be are trusted.
 */

static long number_at(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	return end == text ? -1 : number;
}

/* "Killed process PID (NAME)" */
static long number_before_name(const char *text)
{
	static const char word[] = " process ";
	const char *at =
		strncmp(text, word + 1, sizeof(word) - 2) == 0 ? text - 1 : strstr(text, word);

	return at ? number_at(at + sizeof(word) - 1) : -1;
}

/* "...,task=NAME,pid=PID,uid=UID" */
static long number_behind_name(const char *text)
{
	static const char word[] = ",pid=";
	const char *last = NULL;

	for (const char *at = text; (at = strstr(at, word)); at++)
		last = at;
	return last ? number_at(last + sizeof(word) - 1) : -1;
}

/* The last place where a name of 15 characters and a number can end; a path may follow. */
#define MAX_FAULT_HEAD 36

/* "NAME[PID]: segfault at ..." or "traps: NAME[PID] ..." */
static long number_in_brackets(const char *text)
{
	long number = -1;

	for (const char *at = text; (at = strchr(at, '[')) && at - text < MAX_FAULT_HEAD; at++) {
		char *end;
		long found = strtol(at + 1, &end, 10);

		if (end > at + 1 && *end == ']' && (end[1] == ':' || end[1] == ' '))
			number = found;
	}
	return number;
}

/* "Sending SIGBUS to NAME:PID due to ...", the name as above. */
static long number_before_due(const char *text)
{
	const char *due = strstr(text, " due to ");
	const char *at = due;

	while (at && at > text && at[-1] >= '0' && at[-1] <= '9')
		at--;
	return at && at < due && at > text && at[-1] == ':' ? strtol(at, NULL, 10) : -1;
}

/* Both end with text that the process can't choose; a name may look like anything. */
static bool is_fault(const char *text)
{
	return strstr(text, "]: segfault at ") || strstr(text, "] general protection ") ||
	       strncmp(text, "traps: ", 7) == 0;
}

static bool is_of_cgroup(const struct kernel_log *log, const char *text)
{
	static const char key[] = ",task_memcg=";
	const char *at = strstr(text, key);
	size_t len = strlen(log->cgroup);

	return at && len && strncmp(at + sizeof(key) - 1, log->cgroup, len) == 0 &&
	       at[sizeof(key) - 1 + len] == ',';
}

enum relevance {
	IRRELEVANT,
	OURS,
	OF_AN_OOM_KILL, /* a later line names the process */
	NOT_OURS, /* the end of an OOM kill of another process */
};

/* mm/oom_kill.c, mm/memcontrol.c, arch/x86/kernel/traps.c, mm/fault.c, mm/memory-failure.c */
static enum relevance relevance_of(const struct kernel_log *log, const char *text)
{
	if (strstr(text, " invoked oom-killer: ") || strncmp(text, "memory: usage ", 14) == 0)
		return OF_AN_OOM_KILL;
	if (strncmp(text, "oom-kill:", 9) == 0)
		return is_ours(log, number_behind_name(text)) || is_of_cgroup(log, text) ? OURS
											 : NOT_OURS;
	if (strstr(text, "ut of memory") || strncmp(text, "Killed process ", 15) == 0 ||
	    strncmp(text, "oom_reaper: ", 12) == 0)
		return is_ours(log, number_before_name(text)) ? OURS : NOT_OURS;
	if (strncmp(text, "Memory failure: ", 16) == 0)
		return is_ours(log, number_before_due(text)) ? OURS : IRRELEVANT;
	return is_fault(text) && is_ours(log, number_in_brackets(text)) ? OURS : IRRELEVANT;
}

/* ---- reading it ------------------------------------------------------------------ */

/* Lines of an OOM kill, until a line names the process. */
struct reading {
	const struct kernel_log *log;
	struct evidence *evidence;
	unsigned int lines;
	char held[MAX_HELD][256];
	uint64_t held_ns[MAX_HELD];
	size_t held_count;
};

static void write_line(struct reading *reading, uint64_t time_ns, const char *text)
{
	event_kernel_log(reading->evidence, time_ns, text);
	reading->lines++;
}

static void on_line(struct reading *reading, uint64_t time_ns, const char *text)
{
	switch (relevance_of(reading->log, text)) {
	case OF_AN_OOM_KILL:
		if (strstr(text, " invoked "))
			reading->held_count = 0;
		if (reading->held_count == MAX_HELD)
			break;
		(void)snprintf(reading->held[reading->held_count], sizeof(*reading->held), "%s",
			       text);
		reading->held_ns[reading->held_count++] = time_ns;
		break;
	case OURS:
		for (size_t i = 0; i < reading->held_count; i++)
			write_line(reading, reading->held_ns[i], reading->held[i]);
		reading->held_count = 0;
		write_line(reading, time_ns, text);
		break;
	case NOT_OURS:
		reading->held_count = 0;
		break;
	case IRRELEVANT:
		break;
	}
}

/*
 * "PRIORITY,SEQUENCE,MICROSECONDS,FLAGS;TEXT\n", then " KEY=VALUE\n" lines
 * (Documentation/ABI/testing/dev-kmsg). The clock is the scheduler's, nearly the monotonic.
 */
static void on_record(struct reading *reading, char *data)
{
	char *text = strchr(data, ';');
	char *end = text ? strchr(text, '\n') : NULL;
	unsigned long long micros;

	if (!end || sscanf(data, "%*u,%*u,%llu", &micros) != 1)
		return;
	*end = '\0';
	if (micros * 1000 + RECENT_NS >= monotonic_ns())
		on_line(reading, micros * 1000, text + 1);
}

void kernel_log_capture(const struct kernel_log *log, struct evidence *evidence)
{
	struct reading reading = { .log = log, .evidence = evidence };
	char data[MAX_RECORD];

	for (unsigned int i = 0; log->fd >= 0 && i < MAX_READ && reading.lines < MAX_LINES; i++) {
		ssize_t n = read(log->fd, data, sizeof(data) - 1);

		if (n < 0 && errno == EPIPE)
			continue; /* overwritten: the next read returns the oldest record */
		if (n <= 0)
			return;
		data[n] = '\0';
		on_record(&reading, data);
	}
}
