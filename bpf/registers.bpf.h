/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* A task's registers in user space. */
#ifndef REGISTERS_H
#define REGISTERS_H

/* Set before loading; the verifier treats them as constants and drops unused branches. */
const volatile bool has_task_pt_regs = true;
const volatile __u64 thread_size = 16384; /* x86-64 without KASAN */

/*
 * A field of the current task. Where bpf_task_pt_regs() is there (5.15), bpf_get_current_task_btf()
 * is, too (5.11): then a read needs no call.
 */
#define CURRENT_TASK_READ(field)                              \
	(has_task_pt_regs ? bpf_get_current_task_btf()->field \
			  : BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), field))

/* The registers at which the current task entered the kernel. */
static __always_inline void read_user_registers(struct user_registers *to)
{
	struct task_struct *task;
	void *regs;

	if (has_task_pt_regs) {
		task = bpf_get_current_task_btf();
		regs = (void *)bpf_task_pt_regs(task);
	} else {
		/* Used before 5.15, where it is exact: kernels of that age do not pad the stack. */
		task = (void *)bpf_get_current_task();
		regs = BPF_CORE_READ(task, stack) + thread_size - sizeof(*to);
	}
	bpf_probe_read_kernel(to, sizeof(*to), regs);
}

#endif
