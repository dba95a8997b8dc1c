/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_H
#define JVM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/config.h"
#include "base/text.h"
#include "jmortem.h"

/* An executable mapping of a file. start is 0 where there is none. */
struct image {
	struct code_range code;
	char path[256]; /* as the JVM sees it; cut off if longer */
	char identity[48]; /* device and inode, as the kernel writes them in maps */
};

/* The watched JVM as it was when the helper began to watch it. */
struct jvm {
	pid_t pid; /* as the helper sees it */
	pid_t tid; /* of a thread that outlives the first one: the anchor */
	int pidfd;
	int proc_fd; /* /proc/PID: stays this process's, even if the pid is reused */
	int root_fd; /* its root directory, of the time when it was opened; -1: unknown */
	/*
	 * Its mount namespace; -1: unknown. While it is open the kernel leaves mounted what is
	 * mounted there: HotSpot's log may lie on a volume that ends with the JVM.
	 */
	int mounts_fd;
	int mem_fd; /* /proc/PID/mem, or -errno where it may not be read */
	struct image libjvm, libc;
	struct code_range code_cache; /* generated code, with what is reserved for it */
	struct code_range vdso;
};

/*
 * Opens mem_fd, or sets it to -errno. Later it can't be opened any more: a dying
 * process's first thread has lost its memory already.
 */
void jvm_open_memory(struct jvm *jvm);

/* Its working directory as it is now, or -errno. */
int jvm_open_cwd(const struct jvm *jvm);

/* Whether our pid namespace is the machine's: pids as we see them are the kernel's own. */
bool is_first_pid_namespace(void);

/*
 * Whether our pid namespace is likely to end with the process: it is the first one of a
 * namespace that is not the machine's, or the first one's child, as below a container's init.
 */
bool jvm_ends_namespace(const struct jvm *jvm);

/* True once it has ended: only a zombie is left, or nothing. */
bool jvm_has_ended(const struct jvm *jvm);

/*
 * The wait(2) status of a process that has ended, from its pidfd (Linux 6.15), which
 * has it as soon as the parent has asked for it. Returns 0 or -errno.
 */
int jvm_exit_status(const struct jvm *jvm, uint32_t *status);

void jvm_close(struct jvm *jvm);

#endif
