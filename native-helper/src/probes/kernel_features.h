/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_FEATURES_H
#define KERNEL_FEATURES_H

#include <stdbool.h>

/*
 * BPF features of this kernel beyond Linux 5.10, found in its BTF and by trying them.
 * docs/internals/kernel.md lists the versions that have them.
 */
struct kernel_features {
	bool can_send_signals; /* bpf_send_signal_task: a signal to another process */
	bool mark_victim_has_task; /* the tracepoint's argument is a task; older: a pid */
	bool has_uprobe_multi; /* uprobes that do not require CAP_SYS_ADMIN */
	bool has_task_pt_regs; /* bpf_task_pt_regs */
	bool has_task_storage;
	bool has_ring_buffer;
};

/* Takes some milliseconds. All are false if the kernel has no BTF. */
struct kernel_features kernel_features(void);

#endif
