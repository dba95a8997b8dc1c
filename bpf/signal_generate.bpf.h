/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Signals as they are sent, with the sender; and who begins to trace the JVM. */
#ifndef SIGNAL_GENERATE_BPF_H
#define SIGNAL_GENERATE_BPF_H

static __always_inline void read_ancestry(struct signal_sent_event *event, struct task_struct *task,
					  __u32 helper_level)
{
	struct task_struct *parent;

#pragma unroll
	for (int i = 0; i < MAX_ANCESTORS; i++) {
		parent = BPF_CORE_READ(task, real_parent);
		parent = BPF_CORE_READ(parent, group_leader);
		if (!parent || BPF_CORE_READ(parent, tgid) == 0)
			return;
		event->ancestor[i].tgid = BPF_CORE_READ(parent, tgid);
		event->ancestor[i].helper_tgid = pid_at_level(parent, helper_level);
		bpf_core_read_str(event->ancestor[i].comm, COMM_LEN, &parent->comm);
		event->ancestors = i + 1;
		task = parent;
	}
}

static __always_inline void read_command(struct signal_sent_event *event, struct task_struct *task)
{
	unsigned long start = BPF_CORE_READ(task, mm, arg_start);
	unsigned long len = BPF_CORE_READ(task, mm, arg_end) - start;
	const unsigned char *name = BPF_CORE_READ(task, mm, exe_file, f_path.dentry, d_name.name);

	if (name)
		bpf_probe_read_kernel_str(event->executable, EXECUTABLE_LEN, name);
	if (!start)
		return; /* a kernel thread */
	if (len > CMDLINE_LEN)
		len = CMDLINE_LEN;
	if (bpf_probe_read_user(event->cmdline, len, (void *)start) == 0)
		event->cmdline_len = len;
}

static __always_inline void read_cgroup(struct signal_sent_event *event, struct task_struct *task)
{
	struct kernfs_node *node = cgroup_node(task);

#pragma unroll
	for (int i = 0; i < MAX_CGROUP_DEPTH; i++) {
		struct kernfs_node *parent = parent_of(node);

		if (!parent)
			return; /* the root has no name */
		bpf_probe_read_kernel_str(event->cgroup[i], CGROUP_NAME_LEN,
					  BPF_CORE_READ(node, name));
		event->cgroup_depth = i + 1;
		node = parent;
	}
}

/* Numbers differ for a 32-bit caller, which has another code segment. */
static __always_inline __s32 current_syscall(void)
{
	struct user_registers regs = {};

	read_user_registers(&regs);
	return regs.cs == USER_CS ? (__s32)regs.orig_rax : -1;
}

/* Sent by kill, tkill or sigqueue, or as the notification of a message queue. */
static __always_inline bool is_by_kernel(struct kernel_siginfo *info, __s32 code)
{
	if ((unsigned long)info == 1) /* SEND_SIG_PRIV */
		return true;
	return code != SI_USER && code != SI_QUEUE && code != SI_TKILL && code != SI_MESGQ;
}

/* Debuggers attach to all threads, and some wait forever for a thread that is traced already. */
static __always_inline void on_debugger(void *ctx, const struct target *target)
{
	struct task_struct *tracer = (void *)bpf_get_current_task();
	struct debugger_event *event = event_begin(target->slot, sizeof(*event));

	if (!event)
		return;
	fill_header(&event->header, EVENT_DEBUGGER, tracer, target->helper_level);
	event_end(ctx, target->slot, event, sizeof(*event), AT_ONCE);
}

SEC("tp_btf/signal_generate")
int BPF_PROG(handle_signal_generate, int sig, struct kernel_siginfo *info, struct task_struct *to,
	     int group, int result)
{
	struct task_struct *from;
	struct target *target;
	struct signal_sent_event *event;
	__u32 tgid;
	__s32 code = 0;
	__u64 addr;

	if (sig <= 0 || sig > 63)
		return 0;
	/*
	 * A fault that the CPU raised is recorded by signal_deliver. This comes before the map,
	 * because a JVM may have a hundred thousand benign ones a second.
	 */
	if ((BIT(sig) & FAULTS) && (unsigned long)info > 2 && info->si_code > 0)
		return 0;
	tgid = to->tgid;
	target = bpf_map_lookup_elem(&targets, &tgid);
	if (!target)
		return 0;
	/* kernel/ptrace.c: the SIGSTOP of PTRACE_ATTACH comes from the kernel, that of kill(1) not
	 */
	if (sig == SIGSTOP && (unsigned long)info == 1) {
		on_debugger(ctx, target);
		return 0;
	}
	/* a signal without a handler is fatal, so it is recorded even if it was not asked for */
	if (!(target->signals & BIT(sig)) &&
	    (sig > 31 || (BIT(sig) & HARMLESS) || handler_of(to, sig)))
		return 0;
	(void)group;
	if (result != 0) /* TRACE_SIGNAL_DELIVERED; otherwise ignored, or already pending */
		return 0;
	read_siginfo(info, &code, &addr);
	event = event_begin(target->slot, sizeof(*event));
	if (!event)
		return 0;
	from = (void *)bpf_get_current_task();
	fill_header(&event->header, EVENT_SIGNAL_SENT, from, target->helper_level);
	event->sig = sig;
	event->code = code;
	event->target_tid = BPF_CORE_READ(to, pid);
	event->target_vtid = pid_at_level(to, own_level(to));
	event->by_kernel = is_by_kernel(info, code);
	event->syscall = -1;
	event->exiting = !!(BPF_CORE_READ(from, flags) & PF_EXITING);
	/* The signal of a timer is sent in the context of an unrelated process. */
	if (!event->by_kernel) {
		event->uid = BPF_CORE_READ(from, real_cred, uid.val);
		event->euid = BPF_CORE_READ(from, real_cred, euid.val);
		event->cgroup_id = bpf_get_current_cgroup_id();
		event->pid_ns = own_pid_ns(from);
		event->syscall = event->exiting ? -1 : current_syscall();
		read_command(event, from);
		read_ancestry(event, from, target->helper_level);
		read_cgroup(event, from);
	}
	/* Wake the helper: it should look at the process at this moment. */
	event_end(ctx, target->slot, event, sizeof(*event), sig == SIGTERM ? AT_ONCE : LATER);
	return 0;
}

#endif
