/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <sys/types.h>

/* Kinds of processes that read untrusted data and need few privileges. */
enum sandbox {
	SANDBOX_PARSER, /* reads one open file, and answers through an open pipe */
	SANDBOX_FILES, /* opens files of the dead process, to read them */
	SANDBOX_MESSAGE, /* opens a file of the dead process, to write a short text */
	SANDBOX_JAVA, /* walker or reporter: executes java next */
};

/*
 * Drops for good what this process and its children do not need: capabilities, new privileges by
 * execve(2), system calls (seccomp(2)), memory, and file sizes. If capabilities can't be dropped,
 * the process exits; other restrictions that the kernel or a container refuses are left out.
 *
 * throwaway: the user that it becomes (throwaway.h); 0: it keeps its own.
 */
void sandbox_enter(enum sandbox kind, uid_t throwaway);

#endif
