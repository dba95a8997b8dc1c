/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROBES_PARTS_H
#define PROBES_PARTS_H

#include <stddef.h>
#include <sys/types.h>

#include "probes/probes.h"

#include "jmortem.skel.h"

/*
 * Functions that the parts of the probes share: programs.c loads the programs, attach.c attaches
 * them, probes.c is the view of one JVM and chooses the marker, describe.c describes what was
 * attached and counted.
 */

/* Adds to the list of what could not be attached. */
void probes_missing(struct probes *probes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

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

/* Attaches the marker. Returns 0 or -errno. */
int probes_attach_marker(struct probes *probes, const struct jvm *jvm, enum marker marker);

/* which: a symbol of the file, an enum of code_file.h. Returns 0 or -errno. */
int probes_attach_uprobe(struct probes *probes, struct bpf_program *program, const struct jvm *jvm,
			 struct code_file *file, size_t which, struct uprobe *uprobe);

void uprobe_detach(struct uprobe *uprobe);

#endif
