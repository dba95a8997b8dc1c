/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROBES_PARTS_H
#define PROBES_PARTS_H

#include <stddef.h>
#include <sys/types.h>

#include "probes/probes.h"
#include "probes/programs_parts.h"

/*
 * Functions that the parts of the probes share: probes.c is the view of one JVM and chooses the
 * marker, attach.c attaches it, describe.c describes what was attached and counted.
 */

/* Adds to the list of what could not be attached. */
void probes_missing(struct probes *probes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Attaches the marker. Returns 0 or -errno. */
int probes_attach_marker(struct probes *probes, const struct jvm *jvm, enum marker marker);

/* which: a symbol of the file, an enum of code_file.h. Returns 0 or -errno. */
int probes_attach_uprobe(struct probes *probes, struct bpf_program *program, const struct jvm *jvm,
			 struct code_file *file, size_t which, struct uprobe *uprobe);

#endif
