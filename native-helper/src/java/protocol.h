/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_H
#define PROTOCOL_H

/*
 * The words and numbers by which the helper and its Java processes speak.
 * docs/internals/protocols.md says what each means, and ProtocolTest compares this file with Java.
 */

/* ---- walker: io.jmortem.walker ---------------------------------------------------- */

/* The descriptor of what it must know: the threads, the mappings, one thing a line. */
#define WALK_INPUT_FD 3

/* What a line begins with. */
#define WALK_CRASHED "crashed"
#define WALK_SAVED "saved"
#define WALK_STATUS "status"
#define WALK_THREAD "thread"
#define WALK_MAPS "maps"

/* The walker needs the memory no more. Its VM may print before it a warning of its own. */
#define WALK_HAS_READ 0x1e

/* ---- reporter: io.jmortem.reporter.Main -------------------------------------------- */

/* Its descriptors; the socket to the target files is its standard input. */
#define REPORTER_DIRECTORY_FD 3
#define REPORTER_PARENT_FD 4

/* Its exit status where the disk is full, and another place is to be tried. */
#define REPORTER_CANT_WRITE 3

/* ---- target files: io.jmortem.proc.ServedFiles -------------------------------------- */

/* What a request begins with: looked up below which directory, and how much is wanted. */
#define TARGET_ROOT 'R'
#define TARGET_ROOT_HEAD 'r'
#define TARGET_CWD 'W'
#define TARGET_CWD_HEAD 'w'

/* What an answer begins with. */
#define TARGET_OK "ok"
#define TARGET_CUT "cut"
#define TARGET_NO "no"

#endif
