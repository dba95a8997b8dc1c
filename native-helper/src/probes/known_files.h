/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KNOWN_FILES_H
#define KNOWN_FILES_H

/*
 * Files that a JVM which is yet to start will most likely map, for what takes too long once
 * it has. One may be found several times.
 */
typedef void (*file_handler)(void *context, const char *path);

/* java: a launcher that is known to be there; and what is on PATH and where JDKs are put. */
void known_libjvms(const char *java, file_handler found, void *context);

void known_libcs(file_handler found, void *context);

#endif
