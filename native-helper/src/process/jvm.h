/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_H
#define JVM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/config.h"
#include "base/text.h"
#include "jmortem.h"

/* An executable mapping of a file. start is 0 if there is none. */
struct image {
	struct code_range code;
	char path[256]; /* in the JVM's namespace; cut off if it is longer */
	char identity[48]; /* device and inode, in the format of maps */
};

/* The watched JVM as it was when the helper began to watch it. */
struct jvm {
	pid_t pid; /* in the helper's pid namespace */
	pid_t tid; /* the anchor: a thread that outlives the first one */
	int pidfd;
	uint64_t pid_ns; /* inode of its pid namespace; 0: unknown */
	int proc_fd; /* /proc/PID of this process, even if the pid is reused */
	int root_fd; /* its root directory at the time of the opening; -1: unknown */
	/*
	 * Its mount namespace; -1: unknown. While it is open, its mounts stay: HotSpot's log may be
	 * on a volume that is unmounted with the end of the JVM.
	 */
	int mounts_fd;
	int mem_fd; /* /proc/PID/mem, or -errno if it can't be read */
	struct image libjvm, libc;
	struct code_range code_cache; /* generated code, including the space reserved for it */
	struct code_range vdso;
};

/*
 * Opens mem_fd, or sets it to -errno. It can't be opened later: the first thread of a dying process
 * has already lost its memory.
 */
void jvm_open_memory(struct jvm *jvm);

/* Opens its current working directory, or returns -errno. */
int jvm_open_cwd(const struct jvm *jvm);

/* Whether our pid namespace is the initial one, so that our pids are those of the kernel. */
bool is_first_pid_namespace(void);

/*
 * Whether our pid namespace will probably end with the process: the process is the first one of a
 * namespace other than the initial one, or a child of the first one, as below a container's init.
 */
bool jvm_ends_namespace(const struct jvm *jvm);

/* Whether it has ended: it is a zombie or does not exist. */
bool jvm_has_ended(const struct jvm *jvm);

/*
 * Gets the wait(2) status of an ended process from its pidfd (Linux 6.15). It is available when the
 * parent has waited for the process. Returns 0 or -errno.
 */
int jvm_exit_status(const struct jvm *jvm, uint32_t *status);

void jvm_close(struct jvm *jvm);

#endif
