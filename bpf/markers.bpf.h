/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* What tells that HotSpot gives up: its error report, its signal handlers, abort(). */
#ifndef MARKERS_BPF_H
#define MARKERS_BPF_H

#define SEEN_NS (100 * 1000000ULL)

/*
 * One file may have two probes at a place: two containers see one file of their image as two, and
 * each watch attaches to what it sees. The call is one and the same if its stack pointer is.
 */
static __always_inline bool is_seen(const struct target *target, struct pt_regs *ctx)
{
	struct watch_state *state = state_of(target->slot);
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	__u64 ip = PT_REGS_IP(ctx), sp = PT_REGS_SP(ctx), now = bpf_ktime_get_ns();
	bool is_same;

	if (!state)
		return false;
	is_same = state->seen_tid == tid && state->seen_ip == ip && state->seen_sp == sp &&
		  now - state->seen_ns < SEEN_NS;
	state->seen_tid = tid;
	state->seen_ip = ip;
	state->seen_sp = sp;
	state->seen_ns = now;
	return is_same;
}

/* System V ABI 3.5.7: the first variable argument, saved from a register or on the stack. */
static __always_inline void read_first_argument(__u64 list, char *text)
{
	struct {
		__u32 gp_offset, fp_offset;
		__u64 overflow_area, save_area;
	} va_list = {};
	__u64 argument = 0;

	if (bpf_probe_read_user(&va_list, sizeof(va_list), (void *)list))
		return;
	bpf_probe_read_user(&argument, sizeof(argument),
			    va_list.gp_offset < 48 ? (void *)(va_list.save_area + va_list.gp_offset)
						   : (void *)va_list.overflow_area);
	if (argument)
		bpf_probe_read_user_str(text, TEXT_LEN, (void *)argument);
}

/* The registers in the signal frame that HotSpot's handler was called with (struct sigcontext). */
struct signal_context {
	__u64 r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip;
	__u64 eflags;
	__u16 cs, gs, fs, ss;
};

#define CONTEXT_REGISTERS 40 /* their offset in struct ucontext */

/* Completes the registers of a brief fault, if these are its own. */
static __always_inline void read_context(struct fault *fault, __u64 context)
{
	struct user_registers *to = &fault->regs;
	struct signal_context from;

	if (bpf_probe_read_user(&from, sizeof(from), (void *)(context + CONTEXT_REGISTERS)) ||
	    from.rip != to->rip || from.rsp != to->rsp)
		return;
	to->r15 = from.r15;
	to->r14 = from.r14;
	to->r13 = from.r13;
	to->r12 = from.r12;
	to->rbp = from.rbp;
	to->rbx = from.rbx;
	to->r11 = from.r11;
	to->r10 = from.r10;
	to->r9 = from.r9;
	to->r8 = from.r8;
	to->rax = from.rax;
	to->rcx = from.rcx;
	to->rdx = from.rdx;
	to->rsi = from.rsi;
	to->rdi = from.rdi;
	to->orig_rax = ~0ULL; /* it was no system call */
	to->cs = from.cs;
	to->eflags = from.eflags;
	to->ss = from.ss;
}

/*
 * VMError::report_and_die(int id, const char *message, const char *detail_fmt,
 * va_list detail_args, Thread *, address pc, void *siginfo, void *context,
 * const char *filename, int lineno, size_t), as on 9 and later. The seventh
 * argument and those after it are on the stack, above the return address.
 */
SEC("uprobe")
int handle_report_and_die(struct pt_regs *ctx)
{
	struct target *target = current_target();
	__s32 id = (__s32)PT_REGS_PARM1(ctx);
	struct fatal_error_event *event;
	struct fault *fault;
	__u64 file = 0, context = 0;
	__u32 how;

	if (!target || is_seen(target, ctx))
		return 0;
	fault = pending_fault();
	if (fault && fault->sig != id)
		fault = NULL; /* an error without fault; the pending fault was benign */
	event = begin_fatal_error(target, MARKER_UPROBE, fault);
	if (!event)
		return 0;
	event->error_id = id;
	if (fault && fault->is_brief) {
		bpf_probe_read_user(&context, sizeof(context), (void *)PT_REGS_SP(ctx) + 2 * 8);
		read_context(&event->fault, context);
	}
	if (!fault) {
		bpf_probe_read_user_str(event->message, TEXT_LEN, (void *)PT_REGS_PARM2(ctx));
		bpf_probe_read_user_str(event->detail, TEXT_LEN, (void *)PT_REGS_PARM3(ctx));
		read_first_argument(PT_REGS_PARM4(ctx), event->argument);
		bpf_probe_read_user(&file, sizeof(file), (void *)PT_REGS_SP(ctx) + 3 * 8);
		bpf_probe_read_user(&event->line, sizeof(__s32), (void *)PT_REGS_SP(ctx) + 4 * 8);
		bpf_probe_read_user_str(event->file, TEXT_LEN, (void *)file);
	}
	how = event->freeze;
	event_end(ctx, target->slot, event, sizeof(*event), AT_ONCE);
	wait_to_be_caught(target->slot, how);
	return 0;
}

/* HotSpot replaces its handlers by its crash handler, which is also in libjvm. */
static __always_inline void on_sigaction(void *ctx, __u64 handler, __u32 marker)
{
	struct target *target = current_target();
	struct fatal_error_event *event;
	struct fault *fault;
	__u32 how;

	if (!target || target->marker != marker || !in(&target->libjvm, handler))
		return;
	if (is_declared_dead(target))
		return; /* there are five calls, one for each signal; the first one is used */
	fault = pending_fault();
	if (fault && !is_recent(fault))
		fault = NULL;
	event = begin_fatal_error(target, marker, fault);
	if (!event)
		return;
	how = event->freeze;
	event_end(ctx, target->slot, event, sizeof(*event), AT_ONCE);
	wait_to_be_caught(target->slot, how);
}

SEC("fentry/do_sigaction")
int BPF_PROG(handle_do_sigaction, int sig, struct k_sigaction *act)
{
	if (act && sig > 0 && sig < 32 && (BIT(sig) & FAULTS))
		on_sigaction(ctx, (__u64)BPF_CORE_READ(act, sa.sa_handler), MARKER_FENTRY);
	return 0;
}

#define NR_RT_SIGACTION 13 /* x86-64 */

/* Used only on request: it slows every system call of the host. */
SEC("tp_btf/sys_enter")
int BPF_PROG(handle_sys_enter, struct pt_regs *kernel_regs, long id)
{
	struct user_registers regs;
	__u64 handler = 0;

	if (id != NR_RT_SIGACTION || !current_target())
		return 0;
	bpf_probe_read_kernel(&regs, sizeof(regs), kernel_regs);
	if (!regs.rsi || regs.rdi == 0 || regs.rdi > 31 || !(BIT(regs.rdi) & FAULTS))
		return 0;
	/* struct sigaction of the system call begins with the handler */
	bpf_probe_read_user(&handler, sizeof(handler), (void *)regs.rsi);
	on_sigaction(ctx, handler, MARKER_SYSCALLS);
	return 0;
}

/* assert/assert.c, sysdeps/posix/libc_fatal.c: a size, then the text. */
static __always_inline void read_abort_message(const struct target *target,
					       struct abort_event *event)
{
	__u64 message = 0;

	if (!target->abort_message)
		return;
	bpf_probe_read_user(&message, sizeof(message), (void *)target->abort_message);
	if (message)
		bpf_probe_read_user_str(event->message, TEXT_LEN,
					(void *)(message + sizeof(__u32)));
}

/*
 * Used if no other marker works, for instance without symbols of libjvm: libjvm itself calls
 * abort() or exit() while it handles a fault.
 */
static __always_inline bool on_end(void *ctx, const struct target *target, __u64 caller)
{
	struct fault *fault = pending_fault();
	struct fatal_error_event *event;
	__u32 how;

	if (!in(&target->libjvm, caller) || !fault || !is_in_handler(fault, blocked_signals()) ||
	    is_declared_dead(target))
		return false;
	event = begin_fatal_error(target, MARKER_END, fault);
	if (!event)
		return false;
	how = event->freeze;
	event_end(ctx, target->slot, event, sizeof(*event), AT_ONCE);
	wait_to_be_caught(target->slot, how);
	return true;
}

/* libc's abort(): assertions, heap corruption, std::terminate; no hs_err. */
SEC("uprobe")
int handle_abort(struct pt_regs *ctx)
{
	struct target *target = current_target();
	struct task_struct *task = (void *)bpf_get_current_task();
	struct abort_event *event;
	__u64 caller = 0;
	__u32 how;

	if (!target || is_seen(target, ctx))
		return 0;
	bpf_probe_read_user(&caller, sizeof(caller), (void *)PT_REGS_SP(ctx));
	if (on_end(ctx, target, caller))
		return 0;
	event = event_begin(target->slot, sizeof(*event));
	if (!event)
		return 0;
	fill_header(&event->header, EVENT_ABORT, task, target->helper_level);
	event->header.marker = MARKER_UPROBE;
	event->first = declare_dead(target);
	if (event->first)
		event->freeze = freeze(target, task);
	read_user_registers(&event->regs);
	event->caller = caller;
	read_abort_message(target, event);
	how = event->freeze;
	event_end(ctx, target->slot, event, sizeof(*event), AT_ONCE);
	wait_to_be_caught(target->slot, how);
	return 0;
}

#endif
