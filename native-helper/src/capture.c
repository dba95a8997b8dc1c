// SPDX-License-Identifier: Apache-2.0
#include "capture.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "clock.h"
#include "record.h"

#define MAX_PROC_FILE (16 * 1024 * 1024)
#define MAX_CGROUP_FILE (64 * 1024)
#define MAX_SNAPSHOT (32 * 1024 * 1024)

static void text_event(struct evidence *evidence, const char *event, const char *name,
		       const struct text *text)
{
	struct json *json = evidence_begin(evidence, event, monotonic_ns());

	json_string(json, "name", name);
	json_bytes(json, "text", text->data, text->len);
	if (text->failed)
		json_bool(json, "truncated", true);
	evidence_end(evidence);
}

static void copy_file(struct evidence *evidence, const char *event, int dir_fd, const char *path,
		      const char *name, size_t limit)
{
	struct text text = {};

	if (text_read_file(&text, dir_fd, path, limit) == 0 && text.len)
		text_event(evidence, event, name, &text);
	text_free(&text);
}

static void copy_link(struct evidence *evidence, const char *name)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(evidence->jvm->proc_fd, name, target, sizeof(target));
	struct text text = {};

	if (len <= 0)
		return;
	text_append(&text, target, (size_t)len);
	text_event(evidence, "proc_file", name, &text);
	text_free(&text);
}

static void capture_cgroup(struct evidence *evidence, const struct text *cgroup)
{
	/* version 2, then version 1 */
	static const char *const files[] = {
		"memory.max",
		"memory.high",
		"memory.current",
		"memory.peak",
		"memory.events",
		"memory.swap.max",
		"memory.swap.current",
		"memory.limit_in_bytes",
		"memory.usage_in_bytes",
		"memory.failcnt",
		"memory.max_usage_in_bytes",
		"memory.oom_control",
	};
	unsigned int levels;
	int dir = cgroup_open_memory(cgroup, &levels);

	if (dir < 0)
		return;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		copy_file(evidence, "cgroup_file", dir, files[i], files[i], MAX_CGROUP_FILE);
	close(dir);
}

static void copy_proc_files(struct evidence *evidence, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		copy_file(evidence, "proc_file", evidence->jvm->proc_fd, names[i], names[i],
			  MAX_PROC_FILE);
}

/* Through a thread that is alive: a first one that has ended has none. */
static void copy_maps(struct evidence *evidence)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "task/%d/maps", evidence->jvm->tid);
	copy_file(evidence, "proc_file", evidence->jvm->proc_fd, path, "maps", MAX_PROC_FILE);
}

void capture_identity(struct evidence *evidence)
{
	static const char *const links[] = { "exe", "cwd", "root" };
	static const char *const files[] = { "cmdline", "stat",	     "status",
					     "limits",	"mountinfo", "cgroup" };

	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		copy_link(evidence, links[i]);
	copy_proc_files(evidence, files, sizeof(files) / sizeof(*files));
	copy_maps(evidence); /* should there be no later ones */
}

void capture_state(struct evidence *evidence)
{
	static const char *const files[] = { "stat", "status", "io", "oom_score_adj" };
	struct text cgroup = {};

	copy_proc_files(evidence, files, sizeof(files) / sizeof(*files));
	copy_maps(evidence);
	if (text_read_file(&cgroup, evidence->jvm->proc_fd, "cgroup", MAX_CGROUP_FILE) == 0 &&
	    cgroup.len)
		capture_cgroup(evidence, &cgroup);
	text_free(&cgroup);
}

/* The number in the thread's own pid namespace: the last one of "NSpid:"; or 0. */
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

static void thread_registers(struct json *json, struct frozen_thread *thread)
{
	struct user_regs_struct user;

	if (frozen_registers(thread, &user))
		return;
	thread->has_regs = true;
	thread->regs = (struct user_registers) {
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
	record_registers(json, "registers", &thread->regs);
}

static void capture_thread(struct evidence *evidence, struct frozen_thread *thread)
{
	struct text comm = {}, status = {};
	struct json *json;
	char path[64];

	(void)snprintf(path, sizeof(path), "task/%d/comm", thread->tid);
	(void)text_read_file(&comm, evidence->jvm->proc_fd, path, 64);
	(void)snprintf(path, sizeof(path), "task/%d/status", thread->tid);
	(void)text_read_file(&status, evidence->jvm->proc_fd, path, 8192);
	json = evidence_begin(evidence, "thread", monotonic_ns());
	json_int(json, "tid", thread->tid);
	thread->vtid = status.len ? own_number(&status) : 0;
	if (thread->vtid)
		json_int(json, "vtid", thread->vtid);
	if (comm.len && comm.data[comm.len - 1] == '\n')
		comm.len--;
	json_bytes(json, "comm", comm.data, comm.len);
	json_bool(json, "stopped", thread->stopped);
	thread_registers(json, thread);
	evidence_end(evidence);
	(void)snprintf(thread->comm, sizeof(thread->comm), "%.*s", (int)comm.len,
		       comm.len ? comm.data : "");
	text_free(&comm);
	text_free(&status);
}

void capture_threads(struct evidence *evidence, struct frozen *frozen, uint64_t deadline_ns)
{
	for (size_t i = 0; i < frozen->count; i++) {
		if (!frozen->threads[i].tid)
			continue;
		if (monotonic_ns() >= deadline_ns) {
			evidence_problem(evidence, "threads: %zu of %zu read before the deadline",
					 i, frozen->count);
			return;
		}
		capture_thread(evidence, &frozen->threads[i]);
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
	copy_file(evidence, "snapshot", dir, "snapshot", "snapshot", MAX_SNAPSHOT);
	close(dir);
}
