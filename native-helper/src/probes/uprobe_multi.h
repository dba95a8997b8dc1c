/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPROBE_MULTI_H
#define UPROBE_MULTI_H

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Uprobes for those who have CAP_PERFMON and not CAP_SYS_ADMIN, which perf's want (again, since
 * Linux 6.16): the kernel's own link of uprobes to BPF, from 6.6 on. libbpf has it from 1.3 on, as
 * bpf_program__attach_uprobe_multi(): when the Makefile's LIBBPF_TRIED begins there (Debian 12 has
 * 1.1), all of this can go but for the processes of kernels before 6.10.
 */
bool uprobe_multi_exists(const struct btf *kernel);

/* Before the program is loaded: it is for such a link. */
int uprobe_multi_prepare(struct bpf_program *program);

/*
 * At an offset of a file, in one process (0: in every one that maps it). Kernels before 6.10 can't
 * be told which: there it is in every one, and the program looks whose it is. Returns the link's
 * descriptor or -errno.
 */
int uprobe_multi_attach(const struct bpf_program *program, pid_t pid, const char *path,
			uint64_t offset);

#endif
