// SPDX-License-Identifier: Apache-2.0
#include "evidence/capture.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/origin.h"
#include "evidence/events.h"
#include "evidence/record.h"
#include "process/cgroup.h"
#include "process/jvm_threads.h"

#define MAX_PROC_FILE (16 * 1024 * 1024)
#define MAX_CGROUP_FILE (64 * 1024)
#define MAX_SNAPSHOT (32 * 1024 * 1024)

/* Returns false if the file does not exist or is empty. */
static bool copy_file(struct evidence *evidence, enum text_kind kind, int dir_fd, const char *path,
		      const char *name, size_t limit, unsigned int level)
{
	struct text text = {};
	bool is_there = text_read_file(&text, dir_fd, path, limit) == 0 && text.len;

	if (is_there)
		event_text(evidence, kind, name, &text, level);
	text_free(&text);
	return is_there;
}

/* Reads the link of the anchor: a first thread that has ended has none. False if it fails. */
static bool copy_link(struct evidence *evidence, const char *name)
{
	char path[48], target[PATH_MAX];
	struct text text = {};
	ssize_t len;

	(void)snprintf(path, sizeof(path), "task/%d/%s", evidence->jvm->tid, name);
	len = readlinkat(evidence->jvm->proc_fd, path, target, sizeof(target));
	if (len <= 0)
		return false;
	text_append(&text, target, (size_t)len);
	event_text(evidence, TEXT_PROC_FILE, name, &text, 0);
	text_free(&text);
	return true;
}

/*
 * HotSpot changes its directory for a moment when it starts, so the last value is used. The agent
 * is our parent, and has started us in its own directory. So the directory is known even if the
 * process can't be read, or has ended.
 */
static void note_cwd(struct evidence *evidence)
{
	int fd = jvm_open_cwd(evidence->jvm);
	struct text path = {};

	if (copy_link(evidence, "cwd") && fd >= 0) {
		if (evidence->cwd_fd >= 0)
			close(evidence->cwd_fd);
		evidence->cwd_fd = fd;
		return;
	}
	if (fd >= 0)
		close(fd);
	if (evidence->cwd_fd >= 0 || evidence->config->relation != JVM_IS_PARENT ||
	    !*origin()->path)
		return;
	evidence->cwd_fd = fcntl(origin()->fd, F_DUPFD_CLOEXEC, 0);
	text_append_string(&path, origin()->path);
	event_text(evidence, TEXT_PROC_FILE, "cwd", &path, 0);
	text_free(&path);
}

void capture_told_command_line(struct evidence *evidence, const char *told)
{
	struct text text = {};

	if (!told || evidence->has_command_line)
		return;
	text_append_string(&text, told);
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] == '\x1f')
			text.data[i] = '\0';
	event_text(evidence, TEXT_PROC_FILE, "cmdline", &text, 0);
	text_free(&text);
}

/* cgroup v2, then v1 */
static const char *const limits_and_counters[] = {
	"memory.max",
	"memory.high",
	"memory.current",
	"memory.peak",
	"memory.events",
	"memory.events.local",
	"memory.oom.group",
	"memory.swap.max",
	"memory.swap.current",
	"memory.limit_in_bytes",
	"memory.usage_in_bytes",
	"memory.failcnt",
	"memory.max_usage_in_bytes",
	"memory.oom_control",
	NULL,
};

/* Counters, to be compared with their earlier values. */
static const char *const counters[] = {
	"memory.events", "memory.events.local", "memory.failcnt", "memory.oom_control", NULL,
};

#define MAX_CGROUP_LEVELS 16

/* Files of the JVM's memory cgroup (level 0) and of those above it. */
static void capture_cgroups(struct evidence *evidence, const char *const *files)
{
	unsigned int levels;
	char path[32];
	int at;

	/* a thread that has ended, perhaps the first one, is in the root cgroup */
	(void)snprintf(path, sizeof(path), "task/%d/cgroup", evidence->jvm->tid);
	at = cgroup_open_memory_of(evidence->jvm->proc_fd, path, &levels);
	if (at >= 0 && evidence->cgroup_fd < 0) {
		evidence->cgroup_fd = fcntl(at, F_DUPFD_CLOEXEC, 0);
		evidence->cgroup_levels = levels;
	} else if (at < 0 && evidence->cgroup_fd >= 0) {
		at = fcntl(evidence->cgroup_fd, F_DUPFD_CLOEXEC, 0);
		levels = evidence->cgroup_levels;
	}
	for (unsigned int level = 0; at >= 0 && level < MAX_CGROUP_LEVELS; level++) {
		int parent = -1;

		for (size_t i = 0; files[i]; i++)
			(void)copy_file(evidence, TEXT_CGROUP_FILE, at, files[i], files[i],
					MAX_CGROUP_FILE, level);
		if (level < levels)
			parent = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = parent;
	}
	if (at >= 0)
		close(at);
}

static void copy_proc_files(struct evidence *evidence, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		(void)copy_file(evidence, TEXT_PROC_FILE, evidence->jvm->proc_fd, names[i],
				names[i], MAX_PROC_FILE, 0);
}

/* Reads the files of a living thread: a first thread that has ended has no memory. */
static void copy_of_memory(struct evidence *evidence, const char *name, size_t limit)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "task/%d/%s", evidence->jvm->tid, name);
	(void)copy_file(evidence, TEXT_PROC_FILE, evidence->jvm->proc_fd, path, name, limit, 0);
}

/* The last value is used: a daemon begins as root. */
static void note_user(struct evidence *evidence)
{
	struct jvm_user user = jvm_read_user(evidence->jvm);

	if (user.is_known)
		evidence->user = user;
	else if (!evidence->user.is_known && evidence->config->relation == JVM_IS_PARENT)
		evidence->user = (struct jvm_user) { true, getuid(), geteuid(), getegid() };
}

void capture_identity(struct evidence *evidence)
{
	static const char *const files[] = { "stat", "limits", "mountinfo", "cgroup" };

	(void)copy_link(evidence, "exe");
	(void)copy_link(evidence, "root");
	note_cwd(evidence);
	evidence->has_command_line = copy_file(evidence, TEXT_PROC_FILE, evidence->jvm->proc_fd,
					       "cmdline", "cmdline", MAX_PROC_FILE, 0);
	capture_told_command_line(evidence, evidence->config->command_line);
	copy_proc_files(evidence, files, sizeof(files) / sizeof(*files));
	copy_of_memory(evidence, "status", MAX_PROC_FILE);
	copy_of_memory(evidence, "maps", CAPTURE_MAX_MAPS); /* in case there are no later ones */
	note_user(evidence);
	capture_cgroups(evidence, counters);
}

void capture_state(struct evidence *evidence, size_t most_maps)
{
	static const char *const files[] = { "stat", "io", "oom_score_adj" };

	copy_proc_files(evidence, files, sizeof(files) / sizeof(*files));
	copy_of_memory(evidence, "status", MAX_PROC_FILE);
	if (most_maps)
		copy_of_memory(evidence, "maps", most_maps);
	note_user(evidence);
	note_cwd(evidence);
	capture_cgroups(evidence, limits_and_counters);
}

/* The tid in the thread's own pid namespace: the last number of "NSpid:"; or 0. */
static int own_number(const struct text *status)
{
	const char *line = memmem(status->data, status->len, "\nNSpid:", 7);
	int vtid = 0;

	if (!line)
		return 0;
	for (line += 7; line < status->data + status->len && *line != '\n'; line++)
		if (*line == '\t')
			vtid = 0;
		else if (*line >= '0' && *line <= '9')
			vtid = vtid * 10 + (*line - '0');
	return vtid;
}

static bool thread_registers(const struct frozen_thread *frozen, struct user_registers *regs)
{
	struct user_regs_struct user;

	if (frozen_registers(frozen, &user))
		return false;
	*regs = (struct user_registers) {
		.r15 = user.r15,
		.r14 = user.r14,
		.r13 = user.r13,
		.r12 = user.r12,
		.rbp = user.rbp,
		.rbx = user.rbx,
		.r11 = user.r11,
		.r10 = user.r10,
		.r9 = user.r9,
		.r8 = user.r8,
		.rax = user.rax,
		.rcx = user.rcx,
		.rdx = user.rdx,
		.rsi = user.rsi,
		.rdi = user.rdi,
		.orig_rax = user.orig_rax,
		.rip = user.rip,
		.cs = user.cs,
		.eflags = user.eflags,
		.rsp = user.rsp,
		.ss = user.ss,
	};
	return true;
}

static void capture_thread(struct evidence *evidence, const struct frozen_thread *frozen,
			   struct thread_list *threads, enum moment moment)
{
	struct thread thread = { .tid = frozen->tid };
	struct text comm = {}, status = {};
	struct user_registers regs;
	char path[64];

	(void)snprintf(path, sizeof(path), "task/%d/comm", frozen->tid);
	(void)text_read_file(&comm, evidence->jvm->proc_fd, path, 64);
	(void)snprintf(path, sizeof(path), "task/%d/status", frozen->tid);
	(void)text_read_file(&status, evidence->jvm->proc_fd, path, 8192);
	if (comm.len && comm.data[comm.len - 1] == '\n')
		comm.len--;
	(void)snprintf(thread.comm, sizeof(thread.comm), "%.*s", (int)comm.len,
		       comm.len ? comm.data : "");
	thread.vtid = status.len ? own_number(&status) : 0;
	thread.has_regs = thread_registers(frozen, &regs);
	if (thread.has_regs)
		thread.regs = record_stack_registers(&regs);
	event_thread(evidence, moment, monotonic_ns(), &thread, frozen->stopped,
		     thread.has_regs ? &regs : NULL);
	(void)threads_add(threads, &thread); /* without registers, the stack is still searched */
	text_free(&comm);
	text_free(&status);
}

void capture_threads(struct evidence *evidence, const struct frozen *frozen,
		     struct thread_list *threads, enum moment moment, uint64_t deadline_ns,
		     size_t most)
{
	size_t from = evidence->lines.len;

	for (size_t i = 0; i < frozen->count; i++) {
		if (!frozen->threads[i].tid)
			continue;
		if (monotonic_ns() >= deadline_ns) {
			evidence_problem_at(evidence, PART_THREADS, moment,
					    "%zu of %zu read before the deadline", i,
					    frozen->count);
			return;
		}
		if (evidence->lines.len - from > most) {
			evidence_problem_at(evidence, PART_THREADS, moment,
					    "%zu of %zu read with the memory that was left", i,
					    frozen->count);
			return;
		}
		capture_thread(evidence, &frozen->threads[i], threads, moment);
	}
}

void capture_snapshot(struct evidence *evidence)
{
	const char *work_dir = evidence->config->work_dir;
	int dir;

	if (!work_dir)
		return;
	dir = open(work_dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return;
	(void)copy_file(evidence, TEXT_SNAPSHOT, dir, "snapshot", "snapshot", MAX_SNAPSHOT, 0);
	close(dir);
}
