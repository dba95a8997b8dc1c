// SPDX-License-Identifier: Apache-2.0
#include "process/jvm_threads.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "process/proc_stat.h"

/* The directory of its threads, oldest first; NULL if the process has ended. */
static DIR *open_tasks(const struct jvm *jvm)
{
	int fd = openat(jvm->proc_fd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

/*
 * An anchor must not end before the process. The VM ends its signal dispatcher before it exits, and
 * also its own thread if main has returned. Threads that wait forever are the best anchors.
 */
static const char *const anchors[] = { "Reference Handl", "Finalizer", "Service Thread", NULL };

/* The rank of a thread as an anchor: 0 is the best; the number of names if it is not listed. */
static size_t anchor_rank(const struct jvm *jvm, const char *tid)
{
	struct text comm = {};
	char path[64];
	size_t rank = 0;

	(void)snprintf(path, sizeof(path), "task/%s/comm", tid);
	(void)text_read_file(&comm, jvm->proc_fd, path, 64);
	for (; anchors[rank]; rank++)
		if (comm.len == strlen(anchors[rank]) + 1 &&
		    memcmp(comm.data, anchors[rank], comm.len - 1) == 0)
			break;
	text_free(&comm);
	return rank;
}

/*
 * An application may use the same names; the oldest thread with a name belongs to HotSpot. If no
 * name is known (JDK 8), the first thread is used: the launcher's thread waits until the end.
 */
pid_t jvm_choose_anchor(const struct jvm *jvm)
{
	DIR *dir = open_tasks(jvm);
	size_t best = sizeof(anchors) / sizeof(*anchors) - 1;
	pid_t anchor = jvm->pid;
	struct dirent *entry;

	if (!dir)
		return anchor;
	while ((entry = readdir(dir))) {
		size_t rank = *entry->d_name == '.' ? best : anchor_rank(jvm, entry->d_name);

		if (rank < best) {
			best = rank;
			anchor = (pid_t)strtol(entry->d_name, NULL, 10);
		}
	}
	closedir(dir);
	return anchor;
}

/* The state letter in a thread's stat, or 0. */
static char thread_state(const struct jvm *jvm, const char *tid)
{
	char path[64], state;
	int parent;

	(void)snprintf(path, sizeof(path), "task/%s/stat", tid);
	return proc_stat_read(jvm->proc_fd, path, &state, &parent) ? state : 0;
}

char jvm_state(const struct jvm *jvm, pid_t tid)
{
	char name[16];

	(void)snprintf(name, sizeof(name), "%d", tid);
	return thread_state(jvm, name);
}

/* The number of the system call that a thread waits in, or -1. */
static long waits_in(const struct jvm *jvm, const char *tid)
{
	struct text text = {};
	char path[64];
	long number = -1;

	(void)snprintf(path, sizeof(path), "task/%s/syscall", tid);
	if (text_read_file(&text, jvm->proc_fd, path, 4096) == 0 && text.len &&
	    text.data[0] != 'r') { /* "running" */
		text_append(&text, "", 1);
		number = text.failed ? -1 : strtol(text.data, NULL, 10);
	}
	text_free(&text);
	return number;
}

static enum other_threads other_thread(const struct jvm *jvm, const char *tid)
{
	char state = thread_state(jvm, tid);

	if (!state || state == 'Z' || state == 'X')
		return THREADS_GONE;
	switch (waits_in(jvm, tid)) {
	case SYS_execve:
	case SYS_execveat:
		return THREADS_EXEC;
	default:
		return state == 'D' ? THREADS_ENDING : THREADS_RUN;
	}
}

static enum other_threads other_threads(const struct jvm *jvm)
{
	DIR *dir = open_tasks(jvm);
	enum other_threads most = THREADS_GONE;
	struct dirent *entry;

	if (!dir)
		return THREADS_GONE;
	while (most != THREADS_EXEC && (entry = readdir(dir))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
		enum other_threads one = tid <= 0 || tid == jvm->tid
						 ? THREADS_GONE
						 : other_thread(jvm, entry->d_name);

		most = one > most ? one : most;
	}
	closedir(dir);
	return most;
}

enum other_threads jvm_await_other_threads(const struct jvm *jvm, uint64_t deadline_ns)
{
	const struct timespec pause = { .tv_nsec = NANOS_PER_MILLI / 2 };
	enum other_threads others;

	/* The kernel reports the end of a thread only to its tracer, so poll. */
	while ((others = other_threads(jvm)) != THREADS_GONE && others != THREADS_EXEC &&
	       monotonic_ns() < deadline_ns)
		nanosleep(&pause, NULL);
	return others;
}

bool jvm_has_other_threads(const struct jvm *jvm)
{
	return other_threads(jvm) != THREADS_GONE || jvm->tid != jvm->pid;
}

bool jvm_has_thread(const struct jvm *jvm, pid_t tid)
{
	struct stat status;
	char path[32];

	/* not access(2), which ignores capabilities that hidepid requires */
	(void)snprintf(path, sizeof(path), "task/%d", tid);
	return fstatat(jvm->proc_fd, path, &status, 0) == 0;
}

static const char *status_field(const struct jvm *jvm, const char *tid, const char *key,
				struct text *status)
{
	const char *line = NULL;
	char path[64];

	(void)snprintf(path, sizeof(path), "task/%s/status", tid);
	if (text_read_file(status, jvm->proc_fd, path, 64 * 1024) == 0) {
		text_append(status, "", 1);
		line = status->data && !status->failed ? strstr(status->data, key) : NULL;
	}
	return line ? line + strlen(key) : NULL;
}

static pid_t tracer_of(const struct jvm *jvm, const char *tid)
{
	struct text status = {};
	const char *field = status_field(jvm, tid, "\nTracerPid:", &status);
	pid_t tracer = field ? (pid_t)strtol(field, NULL, 10) : 0;

	text_free(&status);
	return tracer;
}

pid_t jvm_tracer(const struct jvm *jvm)
{
	DIR *dir = open_tasks(jvm);
	struct dirent *entry;
	pid_t tracer = 0;

	if (!dir)
		return 0;
	while (!tracer && (entry = readdir(dir)))
		if (*entry->d_name != '.')
			tracer = tracer_of(jvm, entry->d_name);
	closedir(dir);
	return tracer;
}

struct jvm_user jvm_read_user(const struct jvm *jvm)
{
	struct text status = {};
	struct jvm_user user = {};
	const char *uids, *gids;
	char tid[16];

	(void)snprintf(tid, sizeof(tid), "%d", jvm->tid);
	uids = status_field(jvm, tid, "\nUid:", &status);
	gids = uids ? strstr(uids, "\nGid:") : NULL;
	/* real, effective, saved, file system */
	user.is_known = gids && sscanf(uids, "%u %*u %*u %u", &user.uid, &user.fsuid) == 2 &&
			sscanf(gids + 5, "%*u %*u %*u %u", &user.fsgid) == 1;
	text_free(&status);
	return user;
}
