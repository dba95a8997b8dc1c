/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TARGET_FILES_H
#define TARGET_FILES_H

#include "process/jvm.h"
#include "process/jvm_threads.h"

/*
 * Files of the dead process for the reporter, which has no right to open them itself: HotSpot's
 * log, argument files, libraries. All these names are the process's own, and it may have chosen
 * them to lead elsewhere. So they are looked up below its root and its working directory, as its
 * own user, and each is opened once: what is checked is what is read.
 *
 * docs/internals/protocols.md describes requests and answers; protocol.h has their words.
 *
 * Whoever takes more than TARGET_FILES_PATIENCE_S for a file is ended: it may lie on a disk that
 * hangs.
 */
#define TARGET_FILES_PATIENCE_S 10

/*
 * Serves until the other end of the socket is closed; for a child, after fork(). root, cwd: its
 * directories, -1 where they are unknown. user: whose
 * rights are taken where that is possible, that is, as root.
 */
_Noreturn void target_files_serve(int socket, int root, int cwd, const struct jvm_user *user);

#endif
