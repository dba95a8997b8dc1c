// SPDX-License-Identifier: Apache-2.0
#include "process/freeze.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/* Searches the first entries, which are from earlier passes. */
static bool is_known(const struct frozen *frozen, size_t known, pid_t tid)
{
	for (size_t i = 0; i < known; i++)
		if (frozen->threads[i].tid == tid)
			return true;
	return false;
}

static int add(struct frozen *frozen, pid_t tid)
{
	struct frozen_thread *threads = frozen->threads;

	if (frozen->count == frozen->size) {
		frozen->size = frozen->size ? frozen->size * 2 : 128;
		threads = realloc(threads, frozen->size * sizeof(*threads));
		if (!threads)
			return -ENOMEM;
		frozen->threads = threads;
	}
	threads[frozen->count++] = (struct frozen_thread) {
		.tid = tid,
		.is_held = tid == frozen->hold->tid,
	};
	return 0;
}

static int seize(struct frozen *frozen, pid_t tid)
{
	int err = tid == frozen->hold->tid ? 0 : trace_thread(frozen->jvm, tid, 0);

	if (err)
		return err;
	(void)ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
	return add(frozen, tid); /* if that fails, it is released when it stops: thaw_late() */
}

/*
 * Seizes the threads that are not traced yet. Returns their number; or -errno if none could be
 * seized. EPERM may also come from a thread that is just ending.
 */
static int seize_new(struct frozen *frozen)
{
	int fd = openat(frozen->jvm->proc_fd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	size_t known = frozen->count;
	struct dirent *entry;
	int seized = 0, err = 0;

	if (!dir) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while ((entry = readdir(dir))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid <= 0 || is_known(frozen, known, tid))
			continue;
		err = seize(frozen, tid);
		if (err == -ENOMEM)
			break;
		seized += !err;
	}
	closedir(dir);
	return frozen->count ? seized : err;
}

static void on_wait_status(struct frozen_thread *thread, int status)
{
	if (!WIFSTOPPED(status)) {
		thread->tid = 0; /* it has ended, and this call reaps it */
		return;
	}
	thread->stopped = true;
	thread->status = status;
}

/* The signal to deliver to the thread; ptrace events are not signals. */
static long signal_on_its_way(const struct frozen_thread *thread)
{
	return thread->stopped && thread->status >> 16 == 0 ? WSTOPSIG(thread->status) : 0;
}

static size_t collect_stops(struct frozen *frozen)
{
	size_t running = 0;

	for (size_t i = 0; i < frozen->count; i++) {
		struct frozen_thread *thread = &frozen->threads[i];
		int status;

		if (!thread->tid || thread->stopped)
			continue;
		if (waitpid(thread->tid, &status, __WALL | WNOHANG) != thread->tid) {
			running++;
			continue;
		}
		if (thread->is_held && !WIFSTOPPED(status))
			hold_on_status(frozen->hold, status);
		on_wait_status(thread, status);
	}
	return running;
}

/*
 * How long to wait for threads in uninterruptible sleep. Other threads stop within microseconds,
 * and a dying JVM must not wait for one of these.
 */
#define STOP_PATIENCE_NS (250 * NANOS_PER_MILLI)

/* SIGCHLD announces every stop of a tracee; the caller has blocked it. */
static void wait_for_stops(struct frozen *frozen, uint64_t deadline_ns)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	while (collect_stops(frozen)) {
		uint64_t now = monotonic_ns();
		struct timespec rest;

		if (now >= deadline_ns)
			return;
		rest.tv_sec = (time_t)((deadline_ns - now) / NANOS_PER_SECOND);
		rest.tv_nsec = (long)((deadline_ns - now) % NANOS_PER_SECOND);
		(void)sigtimedwait(&child, NULL, &rest);
	}
}

void freeze_begin(struct frozen *frozen, const struct jvm *jvm, struct hold *hold, pid_t first,
		  volatile __u32 *caught)
{
	memset(frozen, 0, sizeof(*frozen));
	frozen->jvm = jvm;
	frozen->hold = hold;
	if (first)
		(void)seize(frozen, first);
	if (caught)
		*caught = 1;
}

bool freeze_has(const struct frozen *frozen, pid_t tid)
{
	for (size_t i = 0; i < frozen->count; i++)
		if (frozen->threads[i].tid == tid)
			return true;
	return false;
}

/* Ends the SIGSTOP that BPF sent. */
static void end_stop_signal(const struct jvm *jvm)
{
	(void)syscall(SYS_pidfd_send_signal, jvm->pidfd, SIGCONT, NULL, 0);
}

void freeze_none(struct frozen *frozen, bool was_stopped)
{
	if (was_stopped)
		end_stop_signal(frozen->jvm);
	thaw(frozen);
}

int freeze_all(struct frozen *frozen, bool was_stopped, uint64_t deadline_ns)
{
	uint64_t patience_ns = monotonic_ns() + STOP_PATIENCE_NS;
	int seized;

	if (deadline_ns > patience_ns)
		deadline_ns = patience_ns;
	/* A thread that was not stopped yet may have started another one. */
	while ((seized = seize_new(frozen)) > 0)
		wait_for_stops(frozen, deadline_ns);
	if (was_stopped)
		end_stop_signal(frozen->jvm);
	if (seized < 0 || !frozen->count) {
		thaw(frozen);
		return seized < 0 ? seized : -ESRCH;
	}
	return 0;
}

/*
 * A thread that has not stopped yet is waited for later. A thread that was killed meanwhile is now
 * in its exit stop: the last status is used.
 */
static void thaw_held(const struct frozen *frozen, const struct frozen_thread *thread)
{
	int status = thread->status;
	bool has_news = waitpid(thread->tid, &status, __WALL | WNOHANG) == thread->tid;

	if (thread->stopped || has_news)
		hold_on_status(frozen->hold, status);
}

void thaw(struct frozen *frozen)
{
	for (size_t i = 0; i < frozen->count; i++) {
		struct frozen_thread *thread = &frozen->threads[i];
		int status;

		if (!thread->tid)
			continue;
		if (thread->is_held) {
			thaw_held(frozen, thread);
			continue;
		}
		/* Only a stopped tracee can be detached; see thaw_late() for those that stop later.
		 */
		if (!thread->stopped &&
		    waitpid(thread->tid, &status, __WALL | WNOHANG) == thread->tid)
			on_wait_status(thread, status);
		if (!thread->tid ||
		    !ptrace(PTRACE_DETACH, thread->tid, NULL, signal_on_its_way(thread)))
			continue;
		/* It was killed meanwhile, or stops only now: either is reported once. */
		if (waitpid(thread->tid, &status, __WALL | WNOHANG) == thread->tid)
			thaw_late(thread->tid, status);
	}
	free(frozen->threads);
	memset(frozen, 0, sizeof(*frozen));
}

void thaw_late(pid_t tid, int status)
{
	struct frozen_thread thread = { .tid = tid };

	on_wait_status(&thread, status);
	if (thread.tid)
		(void)ptrace(PTRACE_DETACH, tid, NULL, signal_on_its_way(&thread));
}

int frozen_registers(const struct frozen_thread *thread, struct user_regs_struct *regs)
{
	struct iovec iov = { .iov_base = regs, .iov_len = sizeof(*regs) };

	if (!thread->stopped || !thread->tid)
		return -ESRCH;
	return ptrace(PTRACE_GETREGSET, thread->tid, (void *)NT_PRSTATUS, &iov) ? -errno : 0;
}
