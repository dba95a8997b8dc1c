/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORK_DIR_H
#define WORK_DIR_H

/*
 * The private directory that the agent has extracted the helper to: jmortem-NUMBER in a directory
 * for temporary files. As long as a helper lives it holds a lock on it.
 */

/* Takes the lock, for this process and its children. Without it, others may take it for left. */
void work_dir_keep(const char *path);

/* Removes it with the helper's own files in it, if there is one. path may be NULL. */
void work_dir_remove(const char *path);

/*
 * Removes those beside it that nobody holds, and that are older than a minute: of JVMs that have
 * died before their helper could begin, or of helpers that were killed.
 */
void work_dir_tidy(const char *path);

#endif
