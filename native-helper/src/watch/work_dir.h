/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORK_DIR_H
#define WORK_DIR_H

/*
 * The private directory to which the agent extracted the helper: jmortem-NUMBER in a temporary
 * directory. A living helper holds a lock on it.
 */

/* Takes the lock, for this process and its children. Others may remove an unlocked directory. */
void work_dir_keep(const char *path);

/* The descriptor that holds the lock; -1: there is none. */
int work_dir_lock(void);

/* Removes the directory and the helper's own files in it, if it exists. path may be NULL. */
void work_dir_remove(const char *path);

/*
 * Removes unlocked directories next to it that are older than a minute. They belong to JVMs that
 * died before their helper started, or to helpers that were killed.
 */
void work_dir_tidy(const char *path);

#endif
