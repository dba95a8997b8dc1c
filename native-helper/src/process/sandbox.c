// SPDX-License-Identifier: Apache-2.0
#include "process/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "process/privileges.h"
#include "process/throwaway.h"

#define MIB (1024ULL * 1024)

/* Some headers lack these; the numbers are those of x86-64. */
#define NR_PIDFD_GETFD 438
#define NR_OPEN_TREE 428
#define NR_MOVE_MOUNT 429
#define NR_FSOPEN 430
#define NR_FSCONFIG 431
#define NR_FSMOUNT 432
#define NR_FSPICK 433
#define NR_MOUNT_SETATTR 442
#define NR_IO_URING_SETUP 425
#define NR_OPENAT2 437

#define MAX_CALLS 64
#define MAX_MESSAGE 4096

/* Threads of a Java process, with room for a machine of many cores. */
#define MAX_TASKS 512

/* Allowed: memory, open descriptors, exit. The kernel itself restarts nanosleep() and similar
 * calls. */
#define OWN_CALLS                                                                                \
	SYS_read, SYS_write, SYS_pread64, SYS_lseek, SYS_close, SYS_fstat, SYS_newfstatat,       \
		SYS_fcntl, SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_brk, \
		SYS_rt_sigreturn, SYS_restart_syscall, SYS_getrandom, SYS_exit, SYS_exit_group

static const int parser_calls[] = { OWN_CALLS, -1 };

static const int files_calls[] = {
	OWN_CALLS, SYS_openat, NR_OPENAT2, SYS_fstatfs, SYS_readlinkat, SYS_alarm, SYS_poll, -1,
};

/*
 * A JVM uses too many system calls for an allow-list. So this is a list of calls that it never
 * needs: access to other processes, to the kernel, to mounts and keys, communication over sockets,
 * and in a report's directory anything but plain files.
 */
static const int not_for_java[] = {
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	NR_PIDFD_GETFD,
	SYS_kcmp,
	SYS_bpf,
	SYS_perf_event_open,
	SYS_userfaultfd,
	NR_IO_URING_SETUP,
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_setns,
	SYS_unshare,
	NR_OPEN_TREE,
	NR_MOVE_MOUNT,
	NR_FSOPEN,
	NR_FSCONFIG,
	NR_FSMOUNT,
	NR_FSPICK,
	NR_MOUNT_SETATTR,
	SYS_open_by_handle_at,
	SYS_mknod,
	SYS_mknodat,
	SYS_mkdir,
	SYS_mkdirat,
	SYS_link,
	SYS_linkat,
	SYS_symlink,
	SYS_symlinkat,
	SYS_setxattr,
	SYS_lsetxattr,
	SYS_fsetxattr,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_kexec_file_load,
	SYS_reboot,
	SYS_swapon,
	SYS_swapoff,
	SYS_acct,
	SYS_syslog,
	SYS_add_key,
	SYS_request_key,
	SYS_keyctl,
	SYS_iopl,
	SYS_ioperm,
	SYS_settimeofday,
	SYS_clock_settime,
	SYS_sethostname,
	SYS_setdomainname,
	SYS_socket, /* not socketpair: the JDK uses it to close files */
	-1,
};

/* Refused calls fail with EPERM, because newer libraries may try a call and continue without it. */
static void filter_calls(const int *calls, bool are_allowed)
{
	const uint32_t listed = are_allowed ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | EPERM;
	const uint32_t others = are_allowed ? SECCOMP_RET_ERRNO | EPERM : SECCOMP_RET_ALLOW;
	struct sock_filter filter[2 * MAX_CALLS + 8];
	unsigned short n = 0;

	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						   offsetof(struct seccomp_data, arch));
	filter[n++] =
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						   offsetof(struct seccomp_data, nr));
	/* x32: the same calls with other numbers */
	filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	for (size_t i = 0; i < MAX_CALLS && calls[i] >= 0; i++) {
		filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							   (uint32_t)calls[i], 0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, listed);
	}
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, others);
	const struct sock_fprog program = { .len = n, .filter = filter };

	(void)prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void limit(int resource, uint64_t most)
{
	struct rlimit now;

	if (getrlimit((__rlimit_resource_t)resource, &now))
		return;
	if (now.rlim_max > most)
		now.rlim_max = most;
	now.rlim_cur = now.rlim_max;
	(void)setrlimit((__rlimit_resource_t)resource, &now);
}

/* Root has no such limit. That of its processes may be too small for a user with a JVM. */
static void limit_tasks(void)
{
	const struct rlimit most = { .rlim_cur = MAX_TASKS, .rlim_max = MAX_TASKS };

	(void)setrlimit(RLIMIT_NPROC, &most);
}

static void limit_parser(uint64_t memory, uint64_t cpu_seconds, uint64_t file_size)
{
	limit(RLIMIT_DATA, memory);
	limit(RLIMIT_CPU, cpu_seconds);
	limit(RLIMIT_FSIZE, file_size);
}

void sandbox_enter(enum sandbox kind, uid_t throwaway)
{
	if (throwaway) {
		limit_tasks();
		throwaway_become(throwaway);
	}
	privileges_drop(kind == SANDBOX_PARSER ? PRIVILEGES_NONE : PRIVILEGES_TO_READ_FILES);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	limit(RLIMIT_CORE, 0);
	switch (kind) {
	case SANDBOX_PARSER:
		limit_parser(256 * MIB, 2, 0);
		filter_calls(parser_calls, true);
		break;
	case SANDBOX_FILES:
		limit_parser(64 * MIB, 60, 0);
		filter_calls(files_calls, true);
		break;
	case SANDBOX_MESSAGE:
		limit_parser(16 * MIB, 2, MAX_MESSAGE);
		filter_calls(files_calls, true);
		break;
	case SANDBOX_JAVA:
		limit(RLIMIT_DATA, 1024 * MIB); /* does not count reserved, unused memory */
		limit(RLIMIT_FSIZE, 1024 * MIB);
		filter_calls(not_for_java, false);
		break;
	}
}
