// SPDX-License-Identifier: Apache-2.0
#include "probes/probes_parts.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "probes/uprobe_multi.h"
#include "process/jvm_threads.h"
#include "process/privileges.h"

static bool is_attached_early(const struct probes *probes, const struct bpf_program *program,
			      const struct code_file *file)
{
	for (size_t i = 0; i < probes->early_count; i++)
		if (probes->early[i].program == program &&
		    probes->early[i].device == file->device &&
		    probes->early[i].inode == file->inode)
			return true;
	return false;
}

/* What every process of the machine may run into without noticing it: not its exit. */
static bool is_rare(const struct probes *probes, const struct bpf_program *program)
{
	return program == probes->skel->progs.handle_report_and_die ||
	       program == probes->skel->progs.handle_abort;
}

static int attach_multi(struct probes *probes, const struct bpf_program *program, pid_t pid,
			const char *path, uint64_t offset)
{
	int fd;

	if (probes->multi_count == MULTI_UPROBES)
		return -ENOSPC;
	fd = uprobe_multi_attach(program, pid, path, offset);
	if (fd < 0)
		return fd;
	probes->multi[probes->multi_count++] = fd;
	return 0;
}

/*
 * By the kind of uprobe that we may have; jvm: NULL for every process that maps the file. What the
 * kernel finds by a first thread that has ended is no memory: then the program alone looks whose
 * it is.
 */
static int attach_to_file(struct probes *probes, struct bpf_program *program, const struct jvm *jvm,
			  const struct code_file *file, uint64_t offset, struct bpf_link **link)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
	if (probes->uses_multi && is_rare(probes, program))
		return attach_multi(probes, program,
				    jvm && jvm_state(jvm, jvm->pid) != 'Z' ? jvm->pid : 0, path,
				    offset);
	*link = bpf_program__attach_uprobe(program, false, jvm ? jvm->tid : -1, path, offset);
	return *link ? 0 : -errno;
}

int probes_attach_uprobe(struct probes *probes, struct bpf_program *program, const struct jvm *jvm,
			 struct code_file *file, size_t which, struct bpf_link **link)
{
	const struct elf_symbol *symbol;

	if (file->fd >= 0 && is_attached_early(probes, program, file))
		return 0;
	symbol = code_file_symbol(file, which);
	return symbol->err ? symbol->err
			   : attach_to_file(probes, program, jvm, file, symbol->value, link);
}

static void attach_early(struct probes *probes, struct bpf_program *program, const char *path,
			 const struct elf_symbol *wanted)
{
	struct early_uprobe *early = &probes->early[probes->early_count];
	struct code_file file;
	int err;

	if (probes->early_count == EARLY_UPROBES)
		return;
	code_file_take(&file, open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), wanted, 1);
	if (file.fd < 0)
		return;
	if (!is_attached_early(probes, program, &file) && !code_file_symbol(&file, 0)->err) {
		privileges_raise();
		err = attach_to_file(probes, program, NULL, &file, file.symbols->value,
				     &early->link);
		privileges_lower();
		if (!err) {
			early->program = program;
			early->device = file.device;
			early->inode = file.inode;
			probes->early_count++;
		}
	}
	code_file_close(&file);
}

void probes_attach_early_marker(void *probes, const char *libjvm)
{
	attach_early(probes, ((struct probes *)probes)->skel->progs.handle_report_and_die, libjvm,
		     &libjvm_symbols[REPORT_AND_DIE]);
}

void probes_attach_early_abort(void *probes, const char *libc)
{
	attach_early(probes, ((struct probes *)probes)->skel->progs.handle_abort, libc,
		     &libc_symbols[ABORT]);
}

int probes_attach_marker(struct probes *probes, const struct jvm *jvm, enum marker marker)
{
	struct jmortem *skel = probes->skel;

	switch (marker) {
	case MARKER_UPROBE:
		return probes_attach_uprobe(probes, skel->progs.handle_report_and_die, jvm,
					    &probes->libjvm, REPORT_AND_DIE,
					    &probes->report_and_die);
	case MARKER_FENTRY:
		skel->links.handle_do_sigaction =
			bpf_program__attach(skel->progs.handle_do_sigaction);
		return skel->links.handle_do_sigaction ? 0 : -errno;
	case MARKER_SYSCALLS:
		skel->links.handle_sys_enter = bpf_program__attach(skel->progs.handle_sys_enter);
		return skel->links.handle_sys_enter ? 0 : -errno;
	case MARKER_DELIVERY:
		return jvm->libjvm.code.start && jvm->code_cache.start ? 0 : -ENOENT;
	default:
		return 0;
	}
}

/* A tracepoint of the table below. */
struct tracepoint {
	struct bpf_program *program;
	struct bpf_link **link;
	enum probe probe;
	bool is_needed; /* required for every watch */
};

int probes_attach_tracepoints(struct probes *probes)
{
	struct jmortem *skel = probes->skel;
#define TRACEPOINT(probe, handler, needed)                               \
	{                                                                \
		skel->progs.handler, &skel->links.handler, probe, needed \
	}
	const struct tracepoint tracepoints[] = {
		TRACEPOINT(PROBE_SIGNAL_DELIVER, handle_signal_deliver, true),
		TRACEPOINT(PROBE_SIGNAL_GENERATE, handle_signal_generate, true),
		TRACEPOINT(PROBE_EXIT, handle_exit, true),
		TRACEPOINT(PROBE_EXEC, handle_exec, true),
		/* optional: the OOM killer leaves other traces, too */
		TRACEPOINT(PROBE_MARK_VICTIM, handle_mark_victim, false),
		TRACEPOINT(PROBE_WAKE, wake_helper, false),
	};
#undef TRACEPOINT

	for (size_t i = 0; i < sizeof(tracepoints) / sizeof(*tracepoints); i++) {
		const struct tracepoint *each = &tracepoints[i];

		probes->attached[each->probe] = false;
		if (!bpf_program__autoload(each->program))
			continue;
		*each->link = bpf_program__attach(each->program);
		probes->attached[each->probe] = *each->link;
		if (!*each->link && each->is_needed)
			return -errno;
	}
	return 0;
}

void probes_watch_exit(struct probes *probes, const struct jvm *jvm)
{
	struct jmortem *skel = probes->skel;

	if (!skel || probes->exit)
		return;
	probes->attached[PROBE_EXIT_CALLED] =
		!probes_attach_uprobe(probes, skel->progs.handle_exit_now_called, jvm,
				      &probes->libc, EXIT_NOW, &probes->exit_now) &&
		!probes_attach_uprobe(probes, skel->progs.handle_exit_called, jvm, &probes->libc,
				      EXIT, &probes->exit);
	if (!probes->attached[PROBE_EXIT_CALLED])
		probes_missing(probes, "callers of exit() are not recorded");
}
