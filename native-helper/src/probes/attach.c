// SPDX-License-Identifier: Apache-2.0
#include "probes/probes_parts.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

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
	place = programs_attach_for_all(programs, program, file, probes->slot, uprobe);
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
	return programs_attach_uprobe(probes->programs, program, jvm, file, symbol->value, uprobe);
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

void probes_watch_exit(struct probes *probes, const struct jvm *jvm)
{
	struct jmortem *skel = probes_have_bpf(probes) ? probes->programs->skel : NULL;

	if (!skel || probes->attached[PROBE_EXIT_CALLED])
		return;
	if (known_uprobes_have_exits(probes->programs->known, &probes->libc)) {
		probes->attached[PROBE_EXIT_CALLED] = true;
		return;
	}
	if (probes->programs->is_shared &&
	    !known_uprobes_begin(probes->programs->known, probes->slot)) {
		probes_missing(probes, "callers of exit() are not recorded: others were attached");
		return;
	}
	probes->attached[PROBE_EXIT_CALLED] =
		!probes_attach_uprobe(probes, skel->progs.handle_exit_now_called, jvm,
				      &probes->libc, EXIT_NOW, &probes->exit_now) &&
		!probes_attach_uprobe(probes, skel->progs.handle_exit_called, jvm, &probes->libc,
				      EXIT, &probes->exit);
	if (probes->programs->is_shared)
		known_uprobes_end(probes->programs->known, probes->slot);
	if (!probes->attached[PROBE_EXIT_CALLED])
		probes_missing(probes, "callers of exit() are not recorded");
}
