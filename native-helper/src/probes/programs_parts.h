/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROGRAMS_PARTS_H
#define PROGRAMS_PARTS_H

#include <stddef.h>
#include <sys/types.h>

#include "probes/programs.h"
#include "process/jvm.h"

#include "jmortem.skel.h"

/*
 * Functions that the parts of the programs share: programs.c loads them, programs_attach.c attaches
 * them.
 */

void programs_look_at_kernel(struct programs *programs);

/* Loads and attaches the programs with that of the marker, unless they are. Returns 0 or -errno. */
int programs_load_marker(struct programs *programs, const struct config *config,
			 enum marker marker);
void programs_unload(struct programs *programs);

/*
 * The ring buffer of a slot: its descriptor, or -errno. It may have records of an earlier watch.
 */
int programs_open_ring(const struct programs *programs, __u32 slot);

/* Attaches the tracepoints that this kernel has. Returns -errno if a required one is missing. */
int programs_attach_tracepoints(struct programs *programs);

/* Attaches the marker if it is one of the whole host. Returns 0 or -errno. */
int programs_attach_system_marker(struct programs *programs);

/* programs_attach_early() for one file; programs: a struct programs. */
void programs_attach_early_marker(void *programs, const char *libjvm);
void programs_attach_early_abort(void *programs, const char *libc);

/*
 * Attaches a program at an offset of a file, by the kind of uprobe that we may have; jvm: NULL for
 * every process that maps the file. Returns 0 or -errno.
 */
int programs_attach_uprobe(const struct programs *programs, struct bpf_program *program,
			   const struct jvm *jvm, const struct code_file *file, uint64_t offset,
			   struct uprobe *uprobe);

/*
 * In every process that maps the file, at its first symbol. Returns its place among the known,
 * which must be settled, or -errno.
 */
int programs_attach_for_all(struct programs *programs, struct bpf_program *program,
			    const struct code_file *file, unsigned int slot, struct uprobe *uprobe);

void uprobe_detach(struct uprobe *uprobe);

#endif
