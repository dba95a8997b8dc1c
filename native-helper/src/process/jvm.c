// SPDX-License-Identifier: Apache-2.0
#include "process/jvm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process/proc_stat.h"

#define REAPED_PATIENCE_MS 2000 /* a bound, because a parent may never wait for the process */

/* linux/pidfd.h of 6.15; older headers lack it */
struct pidfd_exit_info {
	__u64 mask;
	__u64 cgroupid;
	__u32 pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	__s32 exit_code;
};
#define PIDFD_GET_EXIT_INFO _IOWR(0xFF, 11, struct pidfd_exit_info)
#define PIDFD_EXIT_INFO (1ULL << 3)

void jvm_open_memory(struct jvm *jvm)
{
	jvm->mem_fd = openat(jvm->proc_fd, "mem", O_RDONLY | O_CLOEXEC);
	if (jvm->mem_fd < 0)
		jvm->mem_fd = -errno;
}

int jvm_open_cwd(const struct jvm *jvm)
{
	char path[32];
	int fd;

	(void)snprintf(path, sizeof(path), "task/%d/cwd", jvm->tid);
	fd = openat(jvm->proc_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* include/linux/proc_ns.h: the inode of the initial pid namespace */
#define PROC_PID_INIT_INO 0xEFFFFFFCU

bool is_first_pid_namespace(void)
{
	struct stat pid_ns;

	return stat("/proc/self/ns/pid", &pid_ns) == 0 && pid_ns.st_ino == PROC_PID_INIT_INO;
}

bool jvm_ends_namespace(const struct jvm *jvm)
{
	char state;
	int parent;

	if (is_first_pid_namespace())
		return false;
	return jvm->pid == 1 ||
	       (proc_stat_read(jvm->proc_fd, "stat", &state, &parent) && parent == 1);
}

bool jvm_has_ended(const struct jvm *jvm)
{
	/* a process that could not be opened has no pidfd */
	struct pollfd pollfd = { .fd = jvm->pidfd, .events = POLLIN };

	return jvm->pidfd < 0 || poll(&pollfd, 1, 0) == 1;
}

static int exit_info(const struct jvm *jvm, uint32_t *status)
{
	struct pidfd_exit_info info = { .mask = PIDFD_EXIT_INFO };

	if (ioctl(jvm->pidfd, PIDFD_GET_EXIT_INFO, &info))
		return -errno;
	if (!(info.mask & PIDFD_EXIT_INFO))
		return -ENODATA;
	*status = (uint32_t)info.exit_code;
	return 0;
}

int jvm_exit_status(const struct jvm *jvm, uint32_t *status)
{
	struct pollfd reaped = { .fd = jvm->pidfd }; /* POLLHUP is always reported */
	int err = exit_info(jvm, status);

	if (err != -ENODATA && err != -ESRCH)
		return err; /* 0, or not supported by the kernel */
	(void)poll(&reaped, 1, REAPED_PATIENCE_MS);
	return exit_info(jvm, status);
}

void jvm_close(struct jvm *jvm)
{
	if (jvm->pidfd > 0)
		close(jvm->pidfd);
	if (jvm->proc_fd > 0)
		close(jvm->proc_fd);
	if (jvm->mem_fd > 0)
		close(jvm->mem_fd);
	if (jvm->root_fd > 0)
		close(jvm->root_fd);
	if (jvm->mounts_fd > 0)
		close(jvm->mounts_fd);
	memset(jvm, 0, sizeof(*jvm));
}
