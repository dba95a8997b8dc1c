// SPDX-License-Identifier: Apache-2.0
#include "process/jvm_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process/jvm_threads.h"
#include "process/maps.h"

static void clear(struct jvm *jvm, pid_t pid)
{
	memset(jvm, 0, sizeof(*jvm));
	jvm->pidfd = -1;
	jvm->proc_fd = -1;
	jvm->root_fd = -1;
	jvm->mounts_fd = -1;
	jvm->mem_fd = -ENOENT;
	jvm->pid = pid;
}

void jvm_of_ended(struct jvm *jvm, pid_t pid)
{
	clear(jvm, pid);
	jvm->tid = pid;
	jvm->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int jvm_open(struct jvm *jvm, pid_t pid, pid_t tid, enum relation relation)
{
	char path[32];
	struct stat namespace;
	struct text maps = {};

	clear(jvm, pid);
	jvm->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (jvm->pidfd < 0)
		return -errno;
	(void)snprintf(path, sizeof(path), "/proc/%d", pid);
	jvm->proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (jvm->proc_fd < 0)
		return -errno;
	/* It is our parent now, so the pid was never reused. */
	if (relation == JVM_IS_PARENT && getppid() != pid)
		return -ESRCH;
	/* It is still alive, so the opened directory belongs to this process. */
	if (jvm_has_ended(jvm))
		return -ESRCH;
	jvm->tid = tid ? tid : jvm_choose_anchor(jvm);
	/* This thread will be traced, so the configuration may not name a foreign thread. */
	if (!jvm_has_thread(jvm, jvm->tid))
		return -ESRCH;
	/* Opened now, because the first thread loses it, and it may differ from our root. */
	(void)snprintf(path, sizeof(path), "task/%d/root", jvm->tid);
	jvm->root_fd = openat(jvm->proc_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "task/%d/ns/mnt", jvm->tid);
	jvm->mounts_fd = openat(jvm->proc_fd, path, O_RDONLY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "task/%d/ns/pid", jvm->tid);
	if (fstatat(jvm->proc_fd, path, &namespace, 0) == 0)
		jvm->pid_ns = namespace.st_ino;
	/* Without them there are no markers; that is reported when the marker is chosen. */
	(void)snprintf(path, sizeof(path), "task/%d/maps", jvm->tid);
	(void)text_read_file(&maps, jvm->proc_fd, path, MAX_MAPS);
	jvm_read_maps(jvm, &maps);
	text_free(&maps);
	return 0;
}
