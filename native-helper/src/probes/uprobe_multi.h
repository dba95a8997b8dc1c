/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPROBE_MULTI_H
#define UPROBE_MULTI_H

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Uprobes with CAP_PERFMON but without CAP_SYS_ADMIN, which perf uprobes require (again, since
 * Linux 6.16): the kernel's link of uprobes to BPF, since Linux 6.6. libbpf has it from 1.3 on, as
 * bpf_program__attach_uprobe_multi(): when the Makefile's LIBBPF_TRIED begins there (Debian 12 has
 * 1.1), all of this can go but for the processes of kernels before 6.10.
 */
bool uprobe_multi_exists(const struct btf *kernel);

/* Must be called before the program is loaded: marks it for such a link. */
int uprobe_multi_prepare(struct bpf_program *program);

/*
 * Attaches at an offset of a file, in one process (0: in every process that maps it). Kernels
 * before 6.10 can't filter by process: there it is attached in every process, and the program
 * checks the process. Returns the descriptor of the link, or -errno.
 */
int uprobe_multi_attach(const struct bpf_program *program, pid_t pid, const char *path,
			uint64_t offset);

#endif
