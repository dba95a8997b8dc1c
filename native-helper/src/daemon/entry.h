/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENTRY_H
#define ENTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"
#include "process/jvm.h"

/*
 * A directory for each JVM that the daemon watches, named PID-START, below the one of the socket.
 * It is locked as long as somebody watches (work_dir.h), and is removed when the end is reported.
 * So the next daemon finds deaths that nobody saw.
 */

/* The file in it: uid, name, cgroup, one a line. */
#define ENTRY_FILE "jvm"

/* Where the entries are. */
void entry_directory(const struct config *config, char *path, size_t size);

/*
 * Whether another watch, of a daemon that was killed, has the entry: it watches the JVM, or makes
 * the report of its death.
 */
bool entry_is_taken(const struct config *config, const struct jvm *jvm);

/*
 * Creates the entry of a JVM, and locks it for this process and its children. Returns its path (a
 * static string), or NULL if it can't be created.
 */
const char *entry_make(const struct config *config, const struct jvm *jvm, uid_t user,
		       const char *name, const char *cgroup);

#endif
