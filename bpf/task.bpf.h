/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Reads the ids and the state of a task. */
#ifndef TASK_H
#define TASK_H

#define MAX_PID_NS_LEVEL 32 /* include/linux/pid_namespace.h */

/* The namespace at this depth, and the task's id in it; zeros if there is none. */
static __always_inline struct upid upid_at_level(struct task_struct *task, __u32 level)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	struct upid upid = {};
	void *numbers;

	if (!pid || level > MAX_PID_NS_LEVEL || level > BPF_CORE_READ(pid, level))
		return upid;
	numbers = __builtin_preserve_access_index(&pid->numbers);
	bpf_probe_read_kernel(&upid, sizeof(upid),
			      numbers + level * bpf_core_type_size(struct upid));
	return upid;
}

static __always_inline __u32 pid_at_level(struct task_struct *task, __u32 level)
{
	return upid_at_level(task, level).nr;
}

static __always_inline __u32 own_level(struct task_struct *task)
{
	return BPF_CORE_READ(task, thread_pid, level);
}

/* The inode of the task's own namespace, as /proc/PID/ns/pid shows it. */
static __always_inline __u32 own_pid_ns(struct task_struct *task)
{
	struct upid upid = upid_at_level(task, own_level(task));

	return BPF_CORE_READ(upid.ns, ns.inum);
}

static __always_inline void fill_ids(struct thread_ids *ids, struct task_struct *task,
				     __u32 helper_level)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	__u32 level = own_level(task);

	ids->tgid = BPF_CORE_READ(task, tgid);
	ids->tid = BPF_CORE_READ(task, pid);
	ids->helper_tgid = pid_at_level(leader, helper_level);
	ids->helper_tid = pid_at_level(task, helper_level);
	ids->vtgid = pid_at_level(leader, level);
	ids->vtid = pid_at_level(task, level);
}

static __always_inline void fill_header(struct event_header *header, __u32 kind,
					struct task_struct *task, __u32 helper_level)
{
	header->kind = kind;
	header->marker = MARKER_NONE;
	header->time_ns = bpf_ktime_get_ns();
	fill_ids(&header->thread, task, helper_level);
	bpf_core_read_str(header->comm, sizeof(header->comm), &task->comm);
}

/* In 6.15, the parent pointer of kernfs got another name, and RCU. */
static __always_inline struct kernfs_node *parent_of(struct kernfs_node *node)
{
	if (bpf_core_field_exists(node->__parent))
		return BPF_CORE_READ(node, __parent);
	return BPF_CORE_READ((struct kernfs_node___parent *)node, parent);
}

/* The node of the memory controller's cgroup where version 2 has it at its root. */
static __always_inline struct kernfs_node *cgroup_node(struct task_struct *task)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct kernfs_node *node = BPF_CORE_READ(set, dfl_cgrp, kn);
	struct cgroup_subsys_state *css = NULL;
	void *controllers;

	if (parent_of(node) || !bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		return node;
	controllers = __builtin_preserve_access_index(&set->subsys);
	bpf_probe_read_kernel(
		&css, sizeof(css),
		controllers + 8 * bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
	return css ? BPF_CORE_READ(css, cgroup, kn) : node;
}

/* The handler of a signal in the task's process: 0 is SIG_DFL. */
static __always_inline __u64 handler_of(struct task_struct *task, int sig)
{
	struct sighand_struct *sighand = BPF_CORE_READ(task, sighand);
	struct k_sigaction *action;
	__u64 size = bpf_core_type_size(struct k_sigaction);

	if (!sighand)
		return 0;
	action = (void *)__builtin_preserve_access_index(&sighand->action) + (sig - 1) * size;
	return (__u64)BPF_CORE_READ(action, sa.sa_handler);
}

/* Whether the whole process of the task is ending, and not by an exec. */
static __always_inline bool is_group_exit(struct task_struct *task)
{
	return BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT;
}

/* A freeze requires a helper that can end it: neither stopped nor dying. */
static __always_inline bool helper_runs(const struct target *target)
{
	struct task_struct *helper = (void *)target->helper_task;
	__u32 state, flags;

	if (!helper)
		return true; /* this kernel has no iterator: rely on the watchdog */
	if (bpf_core_field_exists(helper->__state))
		state = BPF_CORE_READ(helper, __state);
	else
		state = BPF_CORE_READ((struct task_struct___state *)helper, state);
	if (state & (__TASK_STOPPED | __TASK_TRACED))
		return false;
	if (BPF_CORE_READ(helper, flags) & PF_EXITING)
		return false;
	flags = BPF_CORE_READ(helper, signal, flags);
	return !(flags & SIGNAL_STOP_STOPPED);
}

/* Since 6.13; weak, because libbpf would refuse the whole object if they are missing. */
extern struct task_struct *bpf_task_from_pid(int pid) __ksym __weak;
extern void bpf_task_release(struct task_struct *task) __ksym __weak;
extern int bpf_send_signal_task(struct task_struct *task, int sig, enum pid_type type,
				__u64 value) __ksym __weak;

static __always_inline void let_continue(__u32 tgid)
{
	struct task_struct *task = bpf_task_from_pid((int)tgid);

	if (!task)
		return;
	(void)bpf_send_signal_task(task, SIGCONT, PIDTYPE_TGID, 0);
	bpf_task_release(task);
}

/*
 * The process is ending, and a stopped helper would hold its thread: the thread would then be held
 * forever.
 */
static __always_inline void wake_stopped_helper(const struct target *target)
{
	if (helper_runs(target))
		return;
	let_continue(target->helper_tgid);
	let_continue(target->watchdog_tgid);
}

#endif
