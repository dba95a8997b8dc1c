/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MAPS_H
#define MAPS_H

#include "base/text.h"
#include "process/jvm.h"

/* What the JVM has mapped: libjvm, libc, the code cache; and the files behind them. */

/* The longest /proc/PID/maps that is read, in bytes. */
#define MAX_MAPS (64 * 1024 * 1024)

/*
 * Opens the file that is mapped, to be read: by the mapping itself, for which one must be
 * privileged (proc(5), map_files); else through the JVM's root directory. Whichever it was, the
 * descriptor is of the very file that was mapped when the images were read. Returns it or -errno:
 * ENOENT where there is no such file any more.
 */
int jvm_open_file(const struct jvm *jvm, const struct image *image);

/* Fills in the images from the text of a /proc/PID/maps. */
void jvm_read_maps(struct jvm *jvm, const struct text *maps);

#endif
