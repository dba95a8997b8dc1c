/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TARGET_FILES_H
#define TARGET_FILES_H

#include "process/jvm.h"
#include "process/jvm_threads.h"

/*
 * Serves files of the dead process to the reporter, which may not open them itself: HotSpot's log,
 * argument files, libraries. The dead process chose their names, perhaps to lead elsewhere. So
 * names are looked up below its root and working directories, as its user. Each file is opened
 * once, so the file that is checked is the file that is read.
 *
 * docs/internals/protocols.md describes requests and answers; protocol.h has their words.
 *
 * The server is killed if a file takes more than TARGET_FILES_PATIENCE_S: its disk may hang.
 */
#define TARGET_FILES_PATIENCE_S 10

/*
 * Serves until the other end of the socket is closed. Call it in a child, after fork(). root, cwd:
 * directories of the dead process; -1: unknown. user: its user, whose rights are taken if we are
 * root.
 */
_Noreturn void target_files_serve(int socket, int root, int cwd, const struct jvm_user *user);

#endif
