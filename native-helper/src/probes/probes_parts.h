/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROBES_PARTS_H
#define PROBES_PARTS_H

#include <stddef.h>
#include <sys/types.h>

#include "probes/probes.h"

#include "jmortem.skel.h"

/*
 * What the parts of the probes ask of one another: probes.c loads the programs and chooses the
 * marker, attach.c attaches them, describe.c tells what was attached and counted.
 */

/* Adds to what could not be had. */
void probes_missing(struct probes *probes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The tracepoints that this kernel has. Returns -errno where one is missing that is needed. */
int probes_attach_tracepoints(struct probes *probes);

/* What tells that HotSpot gives up. Returns 0 or -errno. */
int probes_attach_marker(struct probes *probes, const struct jvm *jvm, enum marker marker);

/* which: a symbol of the file, an enum of code_file.h. Returns 0 or -errno. */
int probes_attach_uprobe(struct probes *probes, struct bpf_program *program, const struct jvm *jvm,
			 struct code_file *file, size_t which, struct bpf_link **link);

/*
 * The first uprobe of a while waits some 100 ms for all CPUs (the kernel's dup_mmap_sem). Those
 * on files that JVMs are known to map are there before, in every process that maps
 * them; the programs look whose they are. probes: a struct probes.
 */
void probes_attach_early_marker(void *probes, const char *libjvm);
void probes_attach_early_abort(void *probes, const char *libc);

#endif
