// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/*
 * The kernel part: it decides in the kernel which events of a JVM's death are recorded.
 *
 * HotSpot uses SIGSEGV in normal operation, so a fault alone means nothing. Each fault of a
 * watched thread is counted, and kept as the pending fault of that thread. When a marker reports
 * that HotSpot started its error report, the pending fault becomes a record, and the process is
 * stopped before it executes another instruction of its own.
 */
#include "kernel.bpf.h"
#include <linux/bpf.h>
#include <asm/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "jmortem.h"
#include "maps.bpf.h"
#include "task.bpf.h"
#include "registers.bpf.h"
#include "find_task.bpf.h"

char LICENSE[] SEC("license") = "GPL"; /* of the two variants, the one that this kernel has */

#define BIT(n) (1ULL << (n))

/* Signals that the CPU raises at an instruction, and that HotSpot handles. */
#define FAULTS (BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGILL) | BIT(SIGFPE) | BIT(SIGTRAP))

/* The default action of these is to ignore or stop. All others end the process (signal(7)). */
#define HARMLESS                                                                                   \
	(BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH) | BIT(SIGSTOP) | BIT(SIGTSTP) | \
	 BIT(SIGTTIN) | BIT(SIGTTOU))

/*
 * The guard pages of a stack are this close to the stack pointer. HotSpot recovers from a fault
 * there, even in native code, by making the page accessible.
 */
#define NEAR_STACK (1ULL << 20)

#define USER_CS 0x33 /* arch/x86/include/asm/segment.h: the segment of 64-bit code */

/*
 * An older pending fault was handled: markers follow within 1 ms. This is used for markers that
 * do not say which signal they are about.
 */
#define PENDING_MAX_AGE_NS 1000000000ULL

static __always_inline bool in(const struct code_range *range, __u64 addr)
{
	return addr >= range->start && addr < range->end;
}

static __always_inline struct target *current_target(void)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	return bpf_map_lookup_elem(&targets, &tgid);
}

/* True for the first call in a process's life. */
static __always_inline bool declare_dead(void)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	__u64 now = bpf_ktime_get_ns();

	return bpf_map_update_elem(&declared, &tgid, &now, BPF_NOEXIST) == 0;
}

static __always_inline enum freeze freeze(const struct target *target, struct task_struct *task)
{
	__u32 zero = 0;
	struct freeze_state *state = bpf_map_lookup_elem(&freeze_state, &zero);

	if (target->freeze == FREEZE_OFF || !state || !helper_runs(target))
		return FREEZE_OFF;
	/*
	 * The parent notices a stop by a signal: an interactive shell puts the JVM in the
	 * background, su(1) stops itself and waits. Only the tracer notices a ptrace stop. So
	 * SIGSTOP is sent only on request, and never with a terminal, or if the record may still
	 * be lost.
	 */
	if (target->freeze == FREEZE_WANTED || !use_ringbuf || BPF_CORE_READ(task, signal, tty))
		return FREEZE_WANTED;
	state->stopped_at_ns = bpf_ktime_get_ns();
	if (bpf_send_signal(SIGSTOP)) {
		state->stopped_at_ns = 0;
		return FREEZE_WANTED;
	}
	return FREEZE_STOPPED;
}

/* The last fault of the current thread, if there was one. */
static __always_inline struct fault *pending_fault(void)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u32 tid = (__u32)pid_tgid;
	struct fault *fault = bpf_map_lookup_elem(&pending, &tid);

	return fault && fault->tgid == pid_tgid >> 32 ? fault : NULL;
}

static __always_inline bool is_recent(const struct fault *fault)
{
	return bpf_ktime_get_ns() - fault->time_ns <= PENDING_MAX_AGE_NS;
}

#define MAX_LOOKS 3500 /* the verifier walks this loop; Linux 5.10 has no bpf_loop() */

static __always_inline bool is_caught(void)
{
	__u32 zero = 0;
	volatile struct freeze_state *state = bpf_map_lookup_elem(&freeze_state, &zero);

	return !state || state->caught;
}

/*
 * Keeps the current thread in the kernel until the helper traces it. This acts like a stop signal,
 * but no other process notices it. It may be called only where no lock is held that ptrace needs,
 * so not in the delivery of a signal.
 */
static __always_inline void wait_to_be_caught(__u32 how)
{
	__u64 since = bpf_ktime_get_ns();
	struct task_struct *task = (void *)bpf_get_current_task();
	void *stack = BPF_CORE_READ(task, stack);
	__u32 zero = 0;
	struct time_waster *waste;

	waste = bpf_map_lookup_elem(&time_wasted, &zero);
	if (how != FREEZE_WANTED || !waste)
		return;
	for (int i = 0; i < MAX_LOOKS; i++) {
		if (is_caught() || bpf_ktime_get_ns() - since > CATCH_PATIENCE_NS)
			return;
		/* BPF has no function that waits; this call takes some microseconds. */
		bpf_probe_read_kernel(waste, sizeof(*waste), stack);
	}
}

/*
 * Handlers of libjvm block all signals except those of faults (sigfillset). Other code that blocks
 * all of them did so before the fault, too.
 */
#define BLOCKED_IN_HANDLER                                                                       \
	(BIT(SIGHUP) | BIT(SIGINT) | BIT(SIGUSR1) | BIT(SIGUSR2) | BIT(SIGALRM) | BIT(SIGTERM) | \
	 BIT(SIGCHLD) | BIT(SIGURG) | BIT(SIGWINCH))

static __always_inline __u64 blocked_signals(struct task_struct *task)
{
	return BPF_CORE_READ(task, blocked.sig[0]);
}

static __always_inline bool blocks_all(__u64 mask)
{
	return ((mask << 1) & BLOCKED_IN_HANDLER) == BLOCKED_IN_HANDLER;
}

/*
 * Whether libjvm's handler of the current thread's last fault is still running: it is about to
 * recover, or writes the error report, which may take minutes.
 */
static __always_inline bool is_in_handler(const struct fault *fault, struct task_struct *task)
{
	return fault && blocks_all(blocked_signals(task)) && !blocks_all(fault->blocked);
}

/*
 * Begins the record and stops the process. The caller may add to the record afterwards, because
 * the stop takes effect on the return to user space.
 */
static __always_inline struct fatal_error_event *
begin_fatal_error(const struct target *target, __u32 marker, struct fault *fault)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fatal_error_event *event = event_begin(sizeof(*event));

	if (!event)
		return NULL;
	fill_header(&event->header, EVENT_FATAL_ERROR, task, target->helper_level);
	event->header.marker = marker;
	if (fault) {
		event->has_fault = 1;
		event->error_id = fault->sig;
		__builtin_memcpy(&event->fault, fault, sizeof(*fault));
	}
	event->first = declare_dead();
	if (event->first)
		event->freeze = freeze(target, task);
	return event;
}

/* ---- signals as they arrive ------------------------------------------------ */

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

static __always_inline void read_siginfo(struct kernel_siginfo *info, __s32 *code, __u64 *addr)
{
	/* 0 to 2 are SEND_SIG_NOINFO and similar values, not addresses */
	if ((unsigned long)info <= 2)
		return;
	*code = BPF_CORE_READ(info, si_code);
	*addr = (__u64)BPF_CORE_READ(info, _sifields._sigfault._addr);
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
				    bpf_ktime_get_ns() - first->time_ns <= HANDLER_MAX_AGE_NS);
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

static __always_inline void on_handled_fault(void *ctx, const struct target *target, int sig,
					     struct kernel_siginfo *info, __u64 handler)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u32 tid = (__u32)pid_tgid;
	struct fault fault = {};
	struct benign_key key = {};
	struct fatal_error_event *event;
	struct fault *outer = pending_fault();

	/* While libjvm writes its report, it may fault again; the reported fault is used. */
	if (!in(&target->libjvm, handler) || !is_in_handler(outer, task))
		outer = NULL;
	fault.time_ns = bpf_ktime_get_ns();
	fault.tgid = pid_tgid >> 32;
	fault.sig = sig;
	fault.handler = handler;
	fault.blocked = blocked_signals(task);
	read_siginfo(info, &fault.code, &fault.addr);
	if (fault.code > 0) {
		fault.trap_nr = BPF_CORE_READ(task, thread.trap_nr);
		fault.error_code = BPF_CORE_READ(task, thread.error_code);
	}
	read_user_registers(&fault.regs);
	if (!outer && (fault.code > 0 || !is_raised_again(target, sig, info)))
		bpf_map_update_elem(&pending, &tid, &fault, BPF_ANY);

	if (fatal_at_delivery(target, &fault) && !bpf_map_lookup_elem(&declared, &fault.tgid)) {
		event = begin_fatal_error(target, MARKER_DELIVERY, outer ? outer : &fault);
		if (event)
			event_end(ctx, event, sizeof(*event), AT_ONCE);
		return;
	}
	key.tgid = fault.tgid;
	key.sig = sig;
	key.code = fault.code;
	count(&benign, &key);
}

static __always_inline void on_fatal_signal(void *ctx, const struct target *target, int sig,
					    struct kernel_siginfo *info)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fatal_signal_event *event = event_begin(sizeof(*event));
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
		__builtin_memcpy(&event->fault, fault, sizeof(*fault));
	}
	event_end(ctx, event, sizeof(*event), AT_ONCE);
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
	struct benign_key key = {};
	__u32 zero = 0;

	key.tgid = bpf_get_current_pid_tgid() >> 32;
	key.sig = SIGKILL;
	count(&benign, &key);
	if (!is_group_exit(task)) /* an exec */
		return;
	if (!BPF_CORE_READ(task, signal, group_exit_code) && !target->clean_exits)
		return;
	if (!is_room_for_threads()) {
		count(&lost, &zero);
		return;
	}
	event = event_begin(sizeof(*event));
	if (!event)
		return;
	fill_header(&event->header, EVENT_THREAD_KILLED, task, target->helper_level);
	read_user_registers(&regs);
	event->regs.rip = regs.rip;
	event->regs.rsp = regs.rsp;
	event->regs.rbp = regs.rbp;
	event->regs.r13 = regs.r13;
	event_end(ctx, event, sizeof(*event), LATER);
}

SEC("tp_btf/signal_deliver")
int BPF_PROG(handle_signal_deliver, int sig, struct kernel_siginfo *info,
	     struct k_sigaction *action)
{
	struct target *target = current_target();
	__u64 handler;

	if (!target || sig <= 0 || sig > 64)
		return 0;
	handler = (__u64)BPF_CORE_READ(action, sa.sa_handler);
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

/*
 * This is a separate program, because kernels before 6.13 lack the functions that it calls, and may
 * refuse a program that refers to them.
 */
SEC("tp_btf/signal_deliver")
int BPF_PROG(wake_helper, int sig, struct kernel_siginfo *info)
{
	struct target *target = current_target();
	struct task_struct *task = (void *)bpf_get_current_task();

	(void)ctx;
	if (target && sig == SIGKILL && (unsigned long)info <= 2 && is_group_exit(task))
		wake_stopped_helper(target);
	return 0;
}

/* ---- signals as they are sent ---------------------------------------------- */

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
	struct debugger_event *event = event_begin(sizeof(*event));

	if (!event)
		return;
	fill_header(&event->header, EVENT_DEBUGGER, tracer, target->helper_level);
	event_end(ctx, event, sizeof(*event), AT_ONCE);
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

	tgid = BPF_CORE_READ(to, tgid);
	target = bpf_map_lookup_elem(&targets, &tgid);
	if (!target || sig <= 0 || sig > 63)
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
	/* si_code > 0 and a fault: the CPU raised it, and signal_deliver records it */
	if ((unsigned long)info > 2 && code > 0 && (BIT(sig) & FAULTS))
		return 0;
	event = event_begin(sizeof(*event));
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
	event_end(ctx, event, sizeof(*event), sig == SIGTERM ? AT_ONCE : LATER);
	return 0;
}

/* ---- markers ---------------------------------------------------------------- */

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
	__u64 file = 0;
	__u32 how;

	if (!target)
		return 0;
	fault = pending_fault();
	if (fault && fault->sig != id)
		fault = NULL; /* an error without fault; the pending fault was benign */
	event = begin_fatal_error(target, MARKER_UPROBE, fault);
	if (!event)
		return 0;
	event->error_id = id;
	if (!fault) {
		bpf_probe_read_user_str(event->message, TEXT_LEN, (void *)PT_REGS_PARM2(ctx));
		bpf_probe_read_user_str(event->detail, TEXT_LEN, (void *)PT_REGS_PARM3(ctx));
		read_first_argument(PT_REGS_PARM4(ctx), event->argument);
		bpf_probe_read_user(&file, sizeof(file), (void *)PT_REGS_SP(ctx) + 3 * 8);
		bpf_probe_read_user(&event->line, sizeof(__s32), (void *)PT_REGS_SP(ctx) + 4 * 8);
		bpf_probe_read_user_str(event->file, TEXT_LEN, (void *)file);
	}
	how = event->freeze;
	event_end(ctx, event, sizeof(*event), AT_ONCE);
	wait_to_be_caught(how);
	return 0;
}

/* HotSpot replaces its handlers by its crash handler, which is also in libjvm. */
static __always_inline void on_sigaction(void *ctx, __u64 handler, __u32 marker)
{
	struct target *target = current_target();
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct fatal_error_event *event;
	struct fault *fault;
	__u32 how;

	if (!target || target->marker != marker || !in(&target->libjvm, handler))
		return;
	if (bpf_map_lookup_elem(&declared, &tgid))
		return; /* there are five calls, one for each signal; the first one is used */
	fault = pending_fault();
	if (fault && !is_recent(fault))
		fault = NULL;
	event = begin_fatal_error(target, marker, fault);
	if (!event)
		return;
	how = event->freeze;
	event_end(ctx, event, sizeof(*event), AT_ONCE);
	wait_to_be_caught(how);
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
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct fault *fault = pending_fault();
	struct fatal_error_event *event;
	__u32 how;

	if (!in(&target->libjvm, caller) || !is_in_handler(fault, task) ||
	    bpf_map_lookup_elem(&declared, &tgid))
		return false;
	event = begin_fatal_error(target, MARKER_END, fault);
	if (!event)
		return false;
	how = event->freeze;
	event_end(ctx, event, sizeof(*event), AT_ONCE);
	wait_to_be_caught(how);
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

	if (!target)
		return 0;
	bpf_probe_read_user(&caller, sizeof(caller), (void *)PT_REGS_SP(ctx));
	if (on_end(ctx, target, caller))
		return 0;
	event = event_begin(sizeof(*event));
	if (!event)
		return 0;
	fill_header(&event->header, EVENT_ABORT, task, target->helper_level);
	event->header.marker = MARKER_UPROBE;
	event->first = declare_dead();
	if (event->first)
		event->freeze = freeze(target, task);
	read_user_registers(&event->regs);
	event->caller = caller;
	read_abort_message(target, event);
	how = event->freeze;
	event_end(ctx, event, sizeof(*event), AT_ONCE);
	wait_to_be_caught(how);
	return 0;
}

/* ---- exit ------------------------------------------------------------------- */

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

	if (!target)
		return 0;
	bpf_probe_read_user(&caller, sizeof(caller), (void *)PT_REGS_SP(ctx));
	(void)on_end(ctx, target, caller); /* without a core file, HotSpot calls exit(1) */
	event = event_begin(sizeof(*event));
	if (!event)
		return 0;
	fill_header(&event->header, EVENT_EXIT_CALLED, task, target->helper_level);
	event->status = status;
	event->immediate = immediate;
	read_user_registers(&event->regs);
	event->caller = caller;
	event_end(ctx, event, sizeof(*event), LATER);
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
	__u32 helper_level;

	if (!target)
		return 0;
	helper_level = target->helper_level;
	bpf_map_delete_elem(&targets, &tgid);
	event = event_begin(sizeof(*event));
	if (!event)
		return 0;
	fill_header(&event->header, EVENT_EXEC, task, helper_level);
	event_end(ctx, event, sizeof(*event), AT_ONCE);
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
	event = event_begin(sizeof(*event));
	if (!event)
		return 0;
	fill_header(&event->header, EVENT_OOM_VICTIM, allocator, target->helper_level);
	if (victim) {
		event->total_vm_pages = BPF_CORE_READ(victim, mm, total_vm);
		event->oom_score_adj = BPF_CORE_READ(victim, signal, oom_score_adj);
	}
	event_end(ctx, event, sizeof(*event), AT_ONCE);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(handle_exit, struct task_struct *task)
{
	struct target *target = current_target();
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u32 tgid = pid_tgid >> 32, tid = (__u32)pid_tgid;
	struct exit_event *event;
	__u32 helper_level;

	if (!target)
		return 0;
	helper_level = target->helper_level;
	bpf_map_delete_elem(&pending, &tid);
	if (BPF_CORE_READ(task, signal, live.counter) > 0)
		return 0; /* other threads live on */
	/* Two threads may both be last: only one sends the record. The tgid may soon be reused. */
	if (bpf_map_delete_elem(&targets, &tgid))
		return 0;
	event = event_begin(sizeof(*event));
	if (!event)
		return 0;
	fill_header(&event->header, EVENT_EXIT, task, helper_level);
	if (is_group_exit(task))
		event->status = BPF_CORE_READ(task, signal, group_exit_code);
	else
		event->status = BPF_CORE_READ(task, exit_code);
	event_end(ctx, event, sizeof(*event), AT_ONCE);
	return 0;
}
