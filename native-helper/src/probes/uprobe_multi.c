// SPDX-License-Identifier: Apache-2.0
#include "probes/uprobe_multi.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define TRACE_UPROBE_MULTI 48 /* enum bpf_attach_type of Linux 6.6 */

/* the used part of union bpf_attr for BPF_LINK_CREATE */
struct link_create {
	__u32 program, target, attach_type, flags;
	__u64 path, offsets, ref_ctr_offsets, cookies;
	__u32 count, uprobe_flags, pid, padding;
};

bool uprobe_multi_exists(const struct btf *kernel)
{
	return btf__find_by_name_kind(kernel, "bpf_uprobe_multi_link", BTF_KIND_STRUCT) > 0;
}

int uprobe_multi_prepare(struct bpf_program *program)
{
	return bpf_program__set_expected_attach_type(program,
						     (enum bpf_attach_type)TRACE_UPROBE_MULTI);
}

/* Some older kernels treat the pid as the tid of one thread, and ignore the others. */
static bool honours_process(void)
{
	unsigned int major, minor;
	struct utsname kernel;

	return uname(&kernel) == 0 && sscanf(kernel.release, "%u.%u", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 10));
}

int uprobe_multi_attach(const struct bpf_program *program, pid_t pid, const char *path,
			uint64_t offset)
{
	struct link_create create = {
		.program = (__u32)bpf_program__fd(program),
		.attach_type = TRACE_UPROBE_MULTI,
		.path = (__u64)(uintptr_t)path,
		.offsets = (__u64)(uintptr_t)&offset,
		.count = 1,
		.pid = pid > 0 && honours_process() ? (__u32)pid : 0,
	};
	long fd = syscall(SYS_bpf, BPF_LINK_CREATE, &create, sizeof(create));

	return fd < 0 ? -errno : (int)fd;
}
