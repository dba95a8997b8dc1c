/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_H
#define PROTOCOL_H

/*
 * The words and numbers in the protocols between the helper and its Java processes.
 * docs/internals/protocols.md describes them, and ProtocolTest compares this file with Java.
 */

/* ---- walker: io.jmortem.walker ---------------------------------------------------- */

/* The descriptor of its input: threads and mappings, one item per line. */
#define WALK_INPUT_FD 3

/* The beginning of a line. */
#define WALK_CRASHED "crashed"
#define WALK_SAVED "saved"
#define WALK_STATUS "status"
#define WALK_THREAD "thread"
#define WALK_MAPS "maps"

/* The walker does not need the memory any more. Its VM may print a warning before this. */
#define WALK_HAS_READ 0x1e

/* ---- reporter: io.jmortem.reporter.Main -------------------------------------------- */

/* Its descriptors; the socket to the target files is its standard input. */
#define REPORTER_DIRECTORY_FD 3
#define REPORTER_PARENT_FD 4

/* The exit status if the directory can't be written, so that another one must be tried. */
#define REPORTER_CANT_WRITE 3

/* ---- finisher: io.jmortem.reporter.Finisher ------------------------------------------ */

/* The exit status if it has made reports, and another run would make more. */
#define FINISHER_HAS_MORE 4

/* ---- target files: io.jmortem.proc.ServedFiles -------------------------------------- */

/* The beginning of a request: the directory for the lookup, and how much is wanted. */
#define TARGET_ROOT 'R'
#define TARGET_ROOT_HEAD 'r'
#define TARGET_CWD 'W'
#define TARGET_CWD_HEAD 'w'

/* The beginning of an answer. */
#define TARGET_OK "ok"
#define TARGET_CUT "cut"
#define TARGET_NO "no"

#endif
