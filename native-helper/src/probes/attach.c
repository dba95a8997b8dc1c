// SPDX-License-Identifier: Apache-2.0
#include "probes/probes_parts.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
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

/* What every process of the machine may run into without noticing it: not its exit. */
static bool is_rare(const struct programs *programs, const struct bpf_program *program)
{
	return program == programs->skel->progs.handle_report_and_die ||
	       program == programs->skel->progs.handle_abort;
}

/*
 * By the kind of uprobe that we may have; jvm: NULL for every process that maps the file. What the
 * kernel finds by a first thread that has ended is no memory: then the program alone looks whose
 * it is.
 */
static int attach_to_file(const struct programs *programs, struct bpf_program *program,
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

/* In every process that maps the file. Returns its place among the known, or -errno. */
static int attach_for_all(struct programs *programs, struct bpf_program *program,
			  const struct code_file *file, unsigned int slot, struct uprobe *uprobe)
{
	int place = known_uprobes_claim(programs->known, file, slot), err;

	if (place < 0)
		return place;
	err = attach_to_file(programs, program, NULL, file, file->symbols[0].value, uprobe);
	if (!err)
		return place;
	known_uprobes_settle(programs->known, place, false);
	return err;
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
		place = attach_for_all(programs, program, &file, 0, &uprobe);
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

/*
 * Whether a uprobe may stay after its JVM: it keeps the file system of its file mounted. So only on
 * the host's own; a container's must be able to go. (Each overlay also has files of its own.)
 */
static bool is_of_the_host(const struct code_file *file)
{
	struct stat root;
	struct statfs kind;

	return stat("/", &root) == 0 && root.st_dev == file->device &&
	       fstatfs(file->fd, &kind) == 0 && kind.f_type != OVERLAYFS_SUPER_MAGIC;
}

/* The next JVM with this file finds it attached. */
static int attach_and_tell(struct probes *probes, struct bpf_program *program,
			   const struct code_file *file, struct uprobe *uprobe)
{
	struct programs *programs = probes->programs;
	int place, fd;
	bool is_kept;

	if (!probes->learn || !is_of_the_host(file))
		return -EOPNOTSUPP;
	place = attach_for_all(programs, program, file, probes->slot, uprobe);
	if (place < 0)
		return place;
	fd = uprobe->link ? bpf_link__fd(uprobe->link) : uprobe->fd;
	is_kept = probes->learn(probes->learn_context, place, fd);
	known_uprobes_settle(programs->known, place, is_kept);
	return 0;
}

int probes_attach_uprobe(struct probes *probes, struct bpf_program *program, const struct jvm *jvm,
			 struct code_file *file, size_t which, struct uprobe *uprobe)
{
	const struct elf_symbol *symbol;

	if (which == 0 && known_uprobes_find(probes->programs->known, file))
		return 0;
	symbol = code_file_symbol(file, which);
	if (symbol->err)
		return symbol->err;
	if (which == 0 && attach_and_tell(probes, program, file, uprobe) == 0)
		return 0;
	return attach_to_file(probes->programs, program, jvm, file, symbol->value, uprobe);
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

int probes_attach_marker(struct probes *probes, const struct jvm *jvm, enum marker marker)
{
	switch (marker) {
	case MARKER_UPROBE:
		return probes_attach_uprobe(
			probes, probes->programs->skel->progs.handle_report_and_die, jvm,
			&probes->libjvm, REPORT_AND_DIE, &probes->report_and_die);
	case MARKER_FENTRY:
	case MARKER_SYSCALLS:
		return programs_attach_system_marker(probes->programs);
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

void probes_watch_exit(struct probes *probes, const struct jvm *jvm)
{
	struct jmortem *skel = probes_have_bpf(probes) ? probes->programs->skel : NULL;

	if (!skel || probes->attached[PROBE_EXIT_CALLED])
		return;
	probes->attached[PROBE_EXIT_CALLED] =
		!probes_attach_uprobe(probes, skel->progs.handle_exit_now_called, jvm,
				      &probes->libc, EXIT_NOW, &probes->exit_now) &&
		!probes_attach_uprobe(probes, skel->progs.handle_exit_called, jvm, &probes->libc,
				      EXIT, &probes->exit);
	if (!probes->attached[PROBE_EXIT_CALLED])
		probes_missing(probes, "callers of exit() are not recorded");
}
