/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROBES_PARTS_H
#define PROBES_PARTS_H

#include <stddef.h>
#include <sys/types.h>

#include "probes/probes.h"

#include "jmortem.skel.h"

/*
 * Functions that the parts of the probes share: probes.c loads the programs and chooses the marker,
 * attach.c attaches them, describe.c describes what was attached and counted.
 */

/* Adds to the list of what could not be attached. */
void probes_missing(struct probes *probes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Attaches the tracepoints that this kernel has. Returns -errno if a required one is missing. */
int probes_attach_tracepoints(struct probes *probes);

/* Attaches the marker. Returns 0 or -errno. */
int probes_attach_marker(struct probes *probes, const struct jvm *jvm, enum marker marker);

/* which: a symbol of the file, an enum of code_file.h. Returns 0 or -errno. */
int probes_attach_uprobe(struct probes *probes, struct bpf_program *program, const struct jvm *jvm,
			 struct code_file *file, size_t which, struct bpf_link **link);

/*
 * Attaches uprobes in advance to files that JVMs usually map, in every process that maps them; the
 * programs check the process. The reason is that the first uprobe after a pause waits some 100 ms
 * for all CPUs (the kernel's dup_mmap_sem). probes: a struct probes.
 */
void probes_attach_early_marker(void *probes, const char *libjvm);
void probes_attach_early_abort(void *probes, const char *libc);

#endif
