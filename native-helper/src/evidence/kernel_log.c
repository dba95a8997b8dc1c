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
#define FACILITY_USER 8 /* and above: what a process has written to the log */
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
 * A process chooses its own name, a user the names of cgroups, and lines of other parts of the
 * kernel repeat what a user has written, such as the options of a mount. So a line counts only if
 * it begins as the kernel's own line does, and a number only where no name can be.
 */

/* The rest of the text behind the prefix, or NULL. */
static const char *behind(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

static long number_at(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	return end == text ? -1 : number;
}

/* "...: Killed process PID (NAME)", "oom_reaper: reaped process PID (NAME)" */
static long number_of_victim(const char *text)
{
	static const char *const heads[] = {
		"Memory cgroup out of memory: Killed process ",
		"Out of memory: Killed process ",
		"Out of memory (oom_kill_allocating_task): Killed process ",
		"Killed process ",
		"oom_reaper: reaped process ",
	};

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		if (behind(text, heads[i]))
			return number_at(behind(text, heads[i]));
	return -1;
}

/* The last place of the word, which is NULL if there is none. */
static const char *last_of(const char *text, const char *word)
{
	const char *last = NULL;

	for (const char *at = text; (at = strstr(at, word)); at++)
		last = at;
	return last;
}

/* "oom-kill:...,task=NAME,pid=PID,uid=UID": no name follows the last comma but one. */
static long number_behind_name(const char *text)
{
	static const char word[] = ",pid=";
	const char *last = last_of(text, word);

	return last ? number_at(last + sizeof(word) - 1) : -1;
}

#define MAX_NAME 15 /* of a thread */

/*
 * "NAME[PID]WORDS": the last bracket that a name leaves room for, since the name may hold others.
 */
static long number_in_brackets(const char *text, const char *words)
{
	long number = -1;

	for (const char *at = text; (at = strchr(at, '[')) && at - text <= MAX_NAME; at++) {
		char *end;
		long found = strtol(at + 1, &end, 10);

		if (end > at + 1 && behind(end, words))
			number = found;
	}
	return number;
}

/* "NAME[PID]: segfault at ...", "traps: NAME[PID] general protection fault ..." */
static long number_of_fault(const char *text)
{
	const char *trap = behind(text, "traps: ");

	return trap ? number_in_brackets(trap, "] ") : number_in_brackets(text, "]: segfault at ");
}

/* "Memory failure: 0x1: Sending SIGBUS to NAME:PID due to hardware memory corruption" */
static long number_before_due(const char *text)
{
	const char *due = last_of(text, " due to hardware memory corruption");
	const char *at = due;

	while (at && at > text && at[-1] >= '0' && at[-1] <= '9')
		at--;
	return at && at < due && at > text && at[-1] == ':' ? strtol(at, NULL, 10) : -1;
}

/*
 * "oom-kill:...,oom_memcg=PATH,task_memcg=PATH,task=NAME,pid=...". Somebody's cgroup may be named
 * like a part of the line. Then the word occurs twice, and the line is left out.
 */
static bool is_of_cgroup(const struct kernel_log *log, const char *text)
{
	static const char key[] = ",task_memcg=";
	const char *at = strstr(text, key);
	size_t len = strlen(log->cgroup);

	return at && at == last_of(text, key) && len &&
	       strncmp(at + sizeof(key) - 1, log->cgroup, len) == 0 &&
	       behind(at + sizeof(key) - 1 + len, ",task=");
}

/* "NAME invoked oom-killer: gfp_mask=..." */
static bool is_begin_of_oom_kill(const char *text)
{
	const char *at = strstr(text, " invoked oom-killer: gfp_mask=");

	return at && at - text <= MAX_NAME;
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
	if (is_begin_of_oom_kill(text) || behind(text, "memory: usage "))
		return OF_AN_OOM_KILL;
	if (behind(text, "oom-kill:constraint="))
		return is_ours(log, number_behind_name(text)) || is_of_cgroup(log, text) ? OURS
											 : NOT_OURS;
	if (number_of_victim(text) >= 0)
		return is_ours(log, number_of_victim(text)) ? OURS : NOT_OURS;
	if (behind(text, "Memory failure: "))
		return is_ours(log, number_before_due(text)) ? OURS : IRRELEVANT;
	return is_ours(log, number_of_fault(text)) ? OURS : IRRELEVANT;
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

/* Where the whole host lacks memory, the line before may name anybody's process. */
static bool names_others(const struct reading *reading, const char *text)
{
	return reading->evidence->config->is_for_tenant && behind(text, "oom-kill:") &&
	       !behind(text, "oom-kill:constraint=CONSTRAINT_MEMCG");
}

static void on_line(struct reading *reading, uint64_t time_ns, const char *text)
{
	switch (relevance_of(reading->log, text)) {
	case OF_AN_OOM_KILL:
		if (is_begin_of_oom_kill(text))
			reading->held_count = 0;
		if (reading->held_count == MAX_HELD)
			break;
		(void)snprintf(reading->held[reading->held_count], sizeof(*reading->held), "%s",
			       text);
		reading->held_ns[reading->held_count++] = time_ns;
		break;
	case OURS:
		if (names_others(reading, text))
			reading->held_count = 0;
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
	unsigned int priority;

	if (!end || sscanf(data, "%u,%*u,%llu", &priority, &micros) != 2 ||
	    priority >= FACILITY_USER)
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
