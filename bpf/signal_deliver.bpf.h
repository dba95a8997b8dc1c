/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Signals as they are delivered: benign faults are counted, fatal ones recorded. */
#ifndef SIGNAL_DELIVER_BPF_H
#define SIGNAL_DELIVER_BPF_H

/*
 * Only HotSpot's own code, compiled or generated, recovers from a fault. A library that recovers
 * from faults has its own handler.
 */
static __always_inline bool fatal_at_delivery(const struct target *target,
					      const struct fault *fault)
{
	__u64 distance = fault->addr - fault->regs.rsp;

	if (target->marker != MARKER_DELIVERY || fault->code <= 0)
		return false;
	if (fault->sig != SIGSEGV && fault->sig != SIGILL && fault->sig != SIGFPE)
		return false; /* SIGBUS: HotSpot recovers from copying from a truncated file */
	if (!in(&target->libjvm, fault->handler) || in(&target->libjvm, fault->regs.rip))
		return false;
#pragma unroll
	for (int i = 0; i < MAX_CODE_RANGES; i++)
		if (in(&target->recovers[i], fault->regs.rip))
			return false;
	return fault->sig != SIGSEGV || distance + NEAR_STACK > 2 * NEAR_STACK;
}

/* In two halves: before 6.2, the verifier takes a union for its first member. */
static __always_inline __u64 addr_of(const struct kernel_siginfo *info)
{
	return info->_sifields._kill._pid | (__u64)info->_sifields._kill._uid << 32;
}

static __always_inline void read_siginfo(struct kernel_siginfo *info, __s32 *code, __u64 *addr)
{
	/* 0 to 2 are SEND_SIG_NOINFO and similar values, not addresses */
	if ((unsigned long)info <= 2)
		return;
	*code = info->si_code;
	*addr = addr_of(info);
}

/* A handler may write a report of its own before it raises the signal again. */
#define HANDLER_MAX_AGE_NS (10 * 1000000000ULL)

/* Whether a signal with the same number, now, is about the last fault. */
static __always_inline bool is_cause(const struct target *target, const struct fault *first,
				     int sig)
{
	if (!first || first->sig != sig)
		return false;
	return is_recent(first) || (!in(&target->libjvm, first->handler) &&
				    bpf_ktime_get_ns() - time_of(first) <= HANDLER_MAX_AGE_NS);
}

/*
 * A foreign handler may raise the signal again. The signal of the CPU came first, and says more.
 */
static __always_inline bool is_raised_again(const struct target *target, int sig,
					    struct kernel_siginfo *info)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct fault *first = pending_fault();

	if (!is_cause(target, first, sig) || first->code <= 0 ||
	    in(&target->libjvm, first->handler))
		return false;
	if ((unsigned long)info <= 2 || (__u32)BPF_CORE_READ(info, _sifields._kill._pid) !=
						pid_at_level(leader, own_level(task)))
		return false;
	first->raised_again = 1;
	return true;
}

/* A handler takes the signal: what is known of it at this moment. */
static __always_inline void fill_fault(const struct target *target, struct fault *fault, int sig,
				       __s32 code, __u64 addr, __u64 handler, __u64 blocked)
{
	fault->time_ns = bpf_ktime_get_ns();
	fault->jiffies = bpf_jiffies64();
	fault->addr = addr;
	fault->handler = handler;
	fault->trap_nr = 0;
	fault->error_code = 0;
	fault->blocked = blocked;
	fault->sig = sig;
	fault->code = code;
	fault->tgid = bpf_get_current_pid_tgid() >> 32;
	fault->raised_again = 0;
	fault->slot = target->slot;
	fault->may_be_brief = has_task_storage && has_task_pt_regs && code > 0 &&
			      target->marker == MARKER_UPROBE && in(&target->libjvm, handler);
	fault->is_brief = 0;
	if (code > 0) {
		fault->trap_nr = CURRENT_TASK_READ(thread.trap_nr);
		fault->error_code = CURRENT_TASK_READ(thread.error_code);
	}
	read_user_registers(&fault->regs);
}

/* reported: the fault that a report would be about. */
static __always_inline void count_or_report(void *ctx, const struct target *target,
					    const struct fault *fault, struct fault *reported)
{
	struct fatal_error_event *event;

	if (fatal_at_delivery(target, fault) && !is_declared_dead(target)) {
		event = begin_fatal_error(target, MARKER_DELIVERY, reported);
		if (event)
			event_end(ctx, target->slot, event, sizeof(*event), AT_ONCE);
		return;
	}
	count_benign(target->slot, fault->sig, fault->code);
}

static __always_inline void on_handled_fault(void *ctx, const struct target *target, int sig,
					     struct kernel_siginfo *info, __u64 handler)
{
	struct fault *fault = pending_fault(), *outer = NULL;
	__u64 blocked = blocked_signals(), addr = 0;
	struct fault other;
	__s32 code = 0;

	read_siginfo(info, &code, &addr);
	/* While libjvm writes its report, it may fault again; the reported fault is used. */
	if (fault && in(&target->libjvm, handler) && is_in_handler(fault, blocked))
		outer = fault;
	/* written in place, and the next one perhaps by keep_briefly() */
	if (code > 0 && fault && !outer) {
		fill_fault(target, fault, sig, code, addr, handler, blocked);
		count_or_report(ctx, target, fault, fault);
		return;
	}
	fill_fault(target, &other, sig, code, addr, handler, blocked);
	if (!outer && (code > 0 || !is_raised_again(target, sig, info)))
		keep_fault(&other);
	count_or_report(ctx, target, &other, outer ? outer : &other);
}

/*
 * The way of almost all faults: a JVM may have a hundred thousand benign ones a second, each with
 * the same signal and handler, and each call here costs. The kernel is about to write the registers
 * to the stack of the thread, where the marker finds them; rip and rsp tell whether it found the
 * right ones. Returns false if the fault is not of this kind.
 */
static __always_inline bool keep_briefly(int sig, struct kernel_siginfo *info, __u64 handler)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const struct user_registers *regs;
	struct fault *fault = stored_fault(0);
	struct watch_state *state;
	__u64 blocked;

	if (!fault || !fault->may_be_brief || fault->sig != sig || fault->handler != handler)
		return false;
	if ((unsigned long)info <= 2 || info->si_code <= 0 || fault->tgid != (__u32)task->tgid)
		return false;
	blocked = task->blocked.sig[0];
	state = state_of(fault->slot);
	if (blocks_all(blocked) || !state || state->tgid != fault->tgid)
		return false;
	regs = (void *)bpf_task_pt_regs(task);
	fault->brief_jiffies = bpf_jiffies64();
	fault->addr = addr_of(info);
	fault->code = info->si_code;
	fault->blocked = blocked;
	fault->trap_nr = task->thread.trap_nr;
	fault->error_code = task->thread.error_code;
	fault->regs.rip = regs->rip;
	fault->regs.rsp = regs->rsp;
	fault->raised_again = 0;
	fault->is_brief = 1;
	count_benign(fault->slot, sig, fault->code);
	return true;
}

static __always_inline bool is_at(const struct user_registers *regs, const struct fault *fault)
{
	return regs->rip == fault->regs.rip && regs->rsp == fault->regs.rsp;
}

static __always_inline void on_fatal_signal(void *ctx, const struct target *target, int sig,
					    struct kernel_siginfo *info)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fatal_signal_event *event = event_begin(target->slot, sizeof(*event));
	struct fault *fault;

	if (!event)
		return;
	fill_header(&event->header, EVENT_FATAL_SIGNAL, task, target->helper_level);
	event->sig = sig;
	if ((unsigned long)info > 2) {
		event->has_info = 1;
		read_siginfo(info, &event->code, &event->addr);
		if (event->code <= 0) {
			event->addr = 0;
			event->sender_pid = BPF_CORE_READ(info, _sifields._kill._pid);
			event->sender_uid = BPF_CORE_READ(info, _sifields._kill._uid);
		} else if (sig == SIGSYS) {
			event->syscall = BPF_CORE_READ(info, _sifields._sigsys._syscall);
		}
	}
	read_user_registers(&event->regs);
	/* The same signal twice: its handler could not be called (no stack left). */
	fault = pending_fault();
	if (is_cause(target, fault, sig)) {
		if (event->has_info && event->code <= 0)
			(void)is_raised_again(target, sig, info);
		event->has_fault = 1;
		copy_fault(&event->fault, fault);
		if (fault->is_brief && is_at(&event->regs, fault)) /* it is not handled yet */
			event->fault.regs = event->regs;
	}
	event_end(ctx, target->slot, event, sizeof(*event), AT_ONCE);
}

/*
 * The kernel ends each thread of a dying process with a SIGKILL. The registers then show the last
 * instruction of the thread.
 */
static __always_inline void on_killed_with_group(void *ctx, const struct target *target)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct thread_killed_event *event;
	struct user_registers regs = {};

	count_benign(target->slot, SIGKILL, SI_USER);
	if (!is_group_exit(task)) /* an exec */
		return;
	if (!BPF_CORE_READ(task, signal, group_exit_code) && !target->clean_exits)
		return;
	if (!is_room_for_threads(target->slot)) {
		count_lost(target->slot);
		return;
	}
	event = event_begin(target->slot, sizeof(*event));
	if (!event)
		return;
	fill_header(&event->header, EVENT_THREAD_KILLED, task, target->helper_level);
	read_user_registers(&regs);
	event->regs.rip = regs.rip;
	event->regs.rsp = regs.rsp;
	event->regs.rbp = regs.rbp;
	event->regs.r13 = regs.r13;
	event_end(ctx, target->slot, event, sizeof(*event), LATER);
}

SEC("tp_btf/signal_deliver")
int BPF_PROG(handle_signal_deliver, int sig, struct kernel_siginfo *info,
	     struct k_sigaction *action)
{
	struct target *target;
	__u64 handler;

	if (sig <= 0 || sig > 64)
		return 0;
	handler = (__u64)action->sa.sa_handler;
	if (has_task_storage && has_task_pt_regs && handler > 1 && (BIT(sig) & FAULTS) &&
	    keep_briefly(sig, info, handler))
		return 0;
	target = current_target();
	if (!target)
		return 0;
	if (handler > 1) { /* neither SIG_DFL nor SIG_IGN */
		if (BIT(sig) & FAULTS)
			on_handled_fault(ctx, target, sig, info, handler);
		return 0;
	}
	if (handler || sig > 31 || (BIT(sig) & HARMLESS))
		return 0;
	if (sig == SIGKILL && (unsigned long)info <= 2) {
		on_killed_with_group(ctx, target);
		return 0;
	}
	on_fatal_signal(ctx, target, sig, info);
	return 0;
}

#endif
