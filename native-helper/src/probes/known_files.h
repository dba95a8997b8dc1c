/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KNOWN_FILES_H
#define KNOWN_FILES_H

/*
 * Files that a future JVM will probably map, so that slow steps can be done in advance. A file may
 * be found several times.
 */
typedef void (*file_handler)(void *context, const char *path);

/* java: a known launcher. Also searches PATH and the usual directories of JDKs. */
void known_libjvms(const char *java, file_handler found, void *context);

void known_libcs(file_handler found, void *context);

#endif
