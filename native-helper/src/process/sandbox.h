/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_H
#define SANDBOX_H

/* A process of ours that reads what somebody else has written, and needs next to nothing for it. */
enum sandbox {
	SANDBOX_PARSER, /* reads one open file, and answers through an open pipe */
	SANDBOX_FILES, /* opens files of the dead process, to read them */
	SANDBOX_JAVA, /* walker or reporter: what follows is the execution of java */
};

/*
 * Gives up for good what this process and those that it starts do not need: capabilities, new
 * privileges by execve(2), system calls (seccomp(2)), memory, the size of files. Ends the
 * process where capabilities can't be given up; what else the kernel or a container refuses is
 * left out.
 */
void sandbox_enter(enum sandbox kind);

#endif
