// SPDX-License-Identifier: Apache-2.0
#include "probes/programs_parts.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "probes/uprobe_multi.h"
#include "process/jvm_threads.h"
#include "process/privileges.h"

void uprobe_detach(struct uprobe *uprobe)
{
	bpf_link__destroy(uprobe->link);
	if (uprobe->fd > 0)
		close(uprobe->fd);
	*uprobe = (struct uprobe) {};
}

/* What a user who is not root may attach to every process of the machine: not their exit. */
static bool is_rare(const struct programs *programs, const struct bpf_program *program)
{
	return program == programs->skel->progs.handle_report_and_die ||
	       program == programs->skel->progs.handle_abort;
}

/*
 * What the kernel finds by a first thread that has ended is no memory: then the program alone looks
 * whose it is.
 */
int programs_attach_uprobe(const struct programs *programs, struct bpf_program *program,
			   const struct jvm *jvm, const struct code_file *file, uint64_t offset,
			   struct uprobe *uprobe)
{
	char path[32];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
	if (programs->uses_multi && is_rare(programs, program)) {
		fd = uprobe_multi_attach(program,
					 jvm && jvm_state(jvm, jvm->pid) != 'Z' ? jvm->pid : 0,
					 path, offset);
		uprobe->fd = fd < 0 ? 0 : fd;
		return fd < 0 ? fd : 0;
	}
	uprobe->link =
		bpf_program__attach_uprobe(program, false, jvm ? jvm->tid : -1, path, offset);
	return uprobe->link ? 0 : -errno;
}

int programs_attach_for_all(struct programs *programs, struct bpf_program *program,
			    const struct code_file *file, unsigned int slot, struct uprobe *uprobe)
{
	int place = known_uprobes_claim(programs->known, file, slot), err;

	if (place < 0)
		return place;
	err = programs_attach_uprobe(programs, program, NULL, file, file->symbols[0].value, uprobe);
	if (!err)
		return place;
	known_uprobes_settle(programs->known, place, false);
	return err;
}

/*
 * For the daemon, since each JVM's own would wait for the others'. The exit of every process takes
 * a microsecond more.
 */
static void attach_exits(struct programs *programs, struct code_file *file, int place)
{
	struct jmortem *skel = programs->skel;
	struct uprobe *exits = programs->exits[place];
	const struct elf_symbol *exit = code_file_symbol(file, EXIT);
	const struct elf_symbol *exit_now = code_file_symbol(file, EXIT_NOW);

	if (!programs->is_shared || file->wanted != libc_symbols || exit->err || exit_now->err)
		return;
	programs->known->entries[place].has_exits =
		!programs_attach_uprobe(programs, skel->progs.handle_exit_called, NULL, file,
					exit->value, &exits[0]) &&
		!programs_attach_uprobe(programs, skel->progs.handle_exit_now_called, NULL, file,
					exit_now->value, &exits[1]);
}

static void attach_early(struct programs *programs, struct bpf_program *program, const char *path,
			 const struct elf_symbol *wanted, size_t count)
{
	struct uprobe uprobe = {};
	struct code_file file;
	int place;

	code_file_take(&file, open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), wanted,
		       count);
	if (file.fd < 0)
		return;
	if (!known_uprobes_find(programs->known, &file) && !code_file_symbol(&file, 0)->err) {
		privileges_raise();
		place = programs_attach_for_all(programs, program, &file, 0, &uprobe);
		if (place >= 0)
			attach_exits(programs, &file, place);
		privileges_lower();
		if (place >= 0) {
			programs->uprobes[place] = uprobe;
			known_uprobes_settle(programs->known, place, true);
		}
	}
	code_file_close(&file);
}

void programs_attach_early_marker(void *programs, const char *libjvm)
{
	attach_early(programs, ((struct programs *)programs)->skel->progs.handle_report_and_die,
		     libjvm, libjvm_symbols, LIBJVM_SYMBOLS);
}

void programs_attach_early_abort(void *programs, const char *libc)
{
	attach_early(programs, ((struct programs *)programs)->skel->progs.handle_abort, libc,
		     libc_symbols, LIBC_SYMBOLS);
}

int programs_attach_system_marker(struct programs *programs)
{
	struct jmortem *skel = programs->skel;

	if (programs->marker == MARKER_FENTRY && !skel->links.handle_do_sigaction) {
		skel->links.handle_do_sigaction =
			bpf_program__attach(skel->progs.handle_do_sigaction);
		return skel->links.handle_do_sigaction ? 0 : -errno;
	}
	if (programs->marker == MARKER_SYSCALLS && !skel->links.handle_sys_enter) {
		skel->links.handle_sys_enter = bpf_program__attach(skel->progs.handle_sys_enter);
		return skel->links.handle_sys_enter ? 0 : -errno;
	}
	return 0;
}

/* A tracepoint of the table below. */
struct tracepoint {
	struct bpf_program *program;
	struct bpf_link **link;
	enum probe probe;
	bool is_needed; /* required for every watch */
};

int programs_attach_tracepoints(struct programs *programs)
{
	struct jmortem *skel = programs->skel;
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

		programs->attached[each->probe] = false;
		if (!bpf_program__autoload(each->program))
			continue;
		*each->link = bpf_program__attach(each->program);
		programs->attached[each->probe] = *each->link;
		if (!*each->link && each->is_needed)
			return -errno;
	}
	return 0;
}
