/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Who runs this program: the helper asks for itself, by BPF_PROG_TEST_RUN. */
#ifndef FIND_SELF_BPF_H
#define FIND_SELF_BPF_H

SEC("raw_tp")
int find_self(__u64 *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct watch_state *state = state_of((__u32)ctx[0]);

	if (!state)
		return 0;
	state->helper_task = (__u64)BPF_CORE_READ(task, group_leader);
	state->helper_tgid = BPF_CORE_READ(task, tgid);
	state->helper_parent = BPF_CORE_READ(task, real_parent, tgid);
	state->helper_level = own_level(task);
	return 0;
}

#endif
