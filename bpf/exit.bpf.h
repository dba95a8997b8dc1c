/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* exit(), execve(), the OOM killer's choice, and the end of the process. */
#ifndef EXIT_BPF_H
#define EXIT_BPF_H

/*
 * System.exit() arrives here in the VM thread, which ends the process for another thread. Status 0
 * is recorded, too: a failure in an exit handler differs from a failure while main runs.
 */
static __always_inline int on_exit_called(struct pt_regs *ctx, bool immediate)
{
	struct target *target = current_target();
	struct task_struct *task = (void *)bpf_get_current_task();
	__s32 status = (__s32)PT_REGS_PARM1(ctx);
	struct exit_called_event *event;
	__u64 caller = 0;

	if (!target || is_seen(target, ctx))
		return 0;
	bpf_probe_read_user(&caller, sizeof(caller), (void *)PT_REGS_SP(ctx));
	(void)on_end(ctx, target, caller); /* without a core file, HotSpot calls exit(1) */
	event = event_begin(target->slot, sizeof(*event));
	if (!event)
		return 0;
	fill_header(&event->header, EVENT_EXIT_CALLED, task, target->helper_level);
	event->status = status;
	event->immediate = immediate;
	read_user_registers(&event->regs);
	event->caller = caller;
	event_end(ctx, target->slot, event, sizeof(*event), LATER);
	return 0;
}

SEC("uprobe")
int handle_exit_called(struct pt_regs *ctx)
{
	return on_exit_called(ctx, false);
}

SEC("uprobe")
int handle_exit_now_called(struct pt_regs *ctx)
{
	return on_exit_called(ctx, true);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(handle_exec)
{
	struct target *target = current_target();
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct exec_event *event;
	__u32 helper_level, slot;

	if (!target)
		return 0;
	helper_level = target->helper_level;
	slot = target->slot;
	bpf_map_delete_elem(&targets, &tgid);
	event = event_begin(slot, sizeof(*event));
	if (!event)
		return 0;
	fill_header(&event->header, EVENT_EXEC, task, helper_level);
	event_end(ctx, slot, event, sizeof(*event), AT_ONCE);
	return 0;
}

/* The victim of an OOM killer, of a cgroup or of the host, has no other sign of it. */
SEC("tp_btf/mark_victim")
int handle_mark_victim(__u64 *ctx)
{
	struct task_struct *allocator = (void *)bpf_get_current_task();
	struct task_struct *victim = NULL;
	struct oom_victim_event *event;
	struct target *target;
	__u32 tgid;

	if (mark_victim_has_task) {
		victim = (void *)ctx[0];
		tgid = BPF_CORE_READ(victim, tgid);
	} else {
		tgid = (__u32)ctx[0]; /* the tid of a thread, usually of the first one */
	}
	target = bpf_map_lookup_elem(&targets, &tgid);
	if (!target)
		return 0;
	event = event_begin(target->slot, sizeof(*event));
	if (!event)
		return 0;
	fill_header(&event->header, EVENT_OOM_VICTIM, allocator, target->helper_level);
	if (victim) {
		event->total_vm_pages = BPF_CORE_READ(victim, mm, total_vm);
		event->oom_score_adj = BPF_CORE_READ(victim, signal, oom_score_adj);
	}
	event_end(ctx, target->slot, event, sizeof(*event), AT_ONCE);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(handle_exit, struct task_struct *task)
{
	struct target *target = current_target();
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u32 tgid = pid_tgid >> 32, tid = (__u32)pid_tgid;
	struct exit_event *event;
	__u32 helper_level, slot;

	if (!target)
		return 0;
	helper_level = target->helper_level;
	slot = target->slot;
	if (!has_task_storage)
		bpf_map_delete_elem(&pending, &tid);
	if (BPF_CORE_READ(task, signal, live.counter) > 0)
		return 0; /* other threads live on */
	/* Two threads may both be last: only one sends the record. The tgid may soon be reused. */
	if (bpf_map_delete_elem(&targets, &tgid))
		return 0;
	event = event_begin(slot, sizeof(*event));
	if (!event)
		return 0;
	fill_header(&event->header, EVENT_EXIT, task, helper_level);
	if (is_group_exit(task))
		event->status = BPF_CORE_READ(task, signal, group_exit_code);
	else
		event->status = BPF_CORE_READ(task, exit_code);
	event_end(ctx, slot, event, sizeof(*event), AT_ONCE);
	return 0;
}

/*
 * One of the threads that end with the process: the last may be the one that the helper holds. This
 * is a separate program, because kernels before 6.13 lack the functions that it calls, and may
 * refuse a program that refers to them.
 */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(wake_helper, struct task_struct *task)
{
	struct target *target = current_target();

	(void)ctx;
	if (target && is_group_exit(task))
		wake_stopped_helper(target);
	return 0;
}

#endif
