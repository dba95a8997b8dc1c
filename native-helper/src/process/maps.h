/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MAPS_H
#define MAPS_H

#include "base/text.h"
#include "process/jvm.h"

/* The JVM's mappings of libjvm, libc and the code cache, and their files. */

/* The longest /proc/PID/maps that is read, in bytes. */
#define MAX_MAPS (64 * 1024 * 1024)

/*
 * Opens a mapped file for reading: through map_files (proc(5)), which requires privileges, or
 * through the JVM's root directory. In both cases, it is the same file that was mapped when the
 * images were read. Returns the descriptor, or -errno: ENOENT if the file no longer exists.
 */
int jvm_open_file(const struct jvm *jvm, const struct image *image);

/* Fills in the images from the text of a /proc/PID/maps. */
void jvm_read_maps(struct jvm *jvm, const struct text *maps);

#endif
