/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* The state of a fault: pending until a marker tells that HotSpot gives up; how a process is
 * stopped then. */
#ifndef FAULT_STATE_BPF_H
#define FAULT_STATE_BPF_H

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
static __always_inline bool declare_dead(const struct target *target)
{
	__u64 now = bpf_ktime_get_ns();

	return bpf_map_update_elem(&declared, &target->slot, &now, BPF_NOEXIST) == 0;
}

static __always_inline bool is_declared_dead(const struct target *target)
{
	return bpf_map_lookup_elem(&declared, &target->slot);
}

static __always_inline enum freeze freeze(const struct target *target, struct task_struct *task)
{
	struct watch_state *state = state_of(target->slot);

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

static __always_inline struct fault *stored_fault(__u64 flags)
{
	return bpf_task_storage_get(&last_fault, bpf_get_current_task_btf(), NULL, flags);
}

/* The last fault of the current thread, if there was one. */
static __always_inline struct fault *pending_fault(void)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u32 tid = (__u32)pid_tgid;
	struct fault *fault;

	if (has_task_storage)
		fault = stored_fault(0);
	else
		fault = bpf_map_lookup_elem(&pending, &tid);
	return fault && fault->tgid == pid_tgid >> 32 ? fault : NULL;
}

/* It is the current thread's last fault from now on. */
static __always_inline void keep_fault(const struct fault *fault)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct fault *stored;

	if (!has_task_storage) {
		bpf_map_update_elem(&pending, &tid, fault, BPF_ANY);
		return;
	}
	stored = stored_fault(BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (stored)
		__builtin_memcpy(stored, fault, sizeof(*fault));
}

/*
 * When it was delivered. For a brief one nobody read the clock; the kernel's ticks since the last
 * one that was not brief tell it, to a tick.
 */
static __always_inline __u64 time_of(const struct fault *fault)
{
	__u64 now, ticks, since;

	if (!fault->is_brief)
		return fault->time_ns;
	now = bpf_ktime_get_ns();
	ticks = bpf_jiffies64();
	since = ticks - fault->jiffies;
	if (!since || ticks == fault->brief_jiffies)
		return now;
	return now - (now - fault->time_ns) / since * (ticks - fault->brief_jiffies);
}

/* What is known of the fault here; the caller may know the other registers. */
static __always_inline void copy_fault(struct fault *to, const struct fault *from)
{
	__builtin_memcpy(to, from, sizeof(*to));
	if (!from->is_brief)
		return;
	to->time_ns = time_of(from);
	__builtin_memset(&to->regs, 0, sizeof(to->regs));
	to->regs.rip = from->regs.rip;
	to->regs.rsp = from->regs.rsp;
}

static __always_inline bool is_recent(const struct fault *fault)
{
	return bpf_ktime_get_ns() - time_of(fault) <= PENDING_MAX_AGE_NS;
}

#define MAX_LOOKS 3500 /* the verifier walks this loop; Linux 5.10 has no bpf_loop() */

/*
 * Keeps the current thread in the kernel until the helper traces it. This acts like a stop signal,
 * but no other process notices it. It may be called only where no lock is held that ptrace needs,
 * so not in the delivery of a signal.
 */
static __always_inline void wait_to_be_caught(__u32 slot, __u32 how)
{
	volatile struct watch_state *state = state_of(slot);
	__u64 since = bpf_ktime_get_ns();
	struct task_struct *task = (void *)bpf_get_current_task();
	void *stack = BPF_CORE_READ(task, stack);
	__u32 zero = 0;
	struct time_waster *waste;

	waste = bpf_map_lookup_elem(&time_wasted, &zero);
	if (how != FREEZE_WANTED || !waste || !state)
		return;
	for (int i = 0; i < MAX_LOOKS; i++) {
		if (state->caught || bpf_ktime_get_ns() - since > CATCH_PATIENCE_NS)
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

/* Of the current thread. */
static __always_inline __u64 blocked_signals(void)
{
	return CURRENT_TASK_READ(blocked.sig[0]);
}

static __always_inline bool blocks_all(__u64 mask)
{
	return ((mask << 1) & BLOCKED_IN_HANDLER) == BLOCKED_IN_HANDLER;
}

/*
 * Whether libjvm's handler of the current thread's last fault is still running: it is about to
 * recover, or writes the error report, which may take minutes. blocked: signals that the thread
 * blocks now.
 */
static __always_inline bool is_in_handler(const struct fault *fault, __u64 blocked)
{
	return blocks_all(blocked) && !blocks_all(fault->blocked);
}

/*
 * Begins the record and stops the process. The caller may add to the record afterwards, because
 * the stop takes effect on the return to user space.
 */
static __always_inline struct fatal_error_event *
begin_fatal_error(const struct target *target, __u32 marker, struct fault *fault)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fatal_error_event *event = event_begin(target->slot, sizeof(*event));

	if (!event)
		return NULL;
	fill_header(&event->header, EVENT_FATAL_ERROR, task, target->helper_level);
	event->header.marker = marker;
	if (fault) {
		event->has_fault = 1;
		event->error_id = fault->sig;
		copy_fault(&event->fault, fault);
	}
	event->first = declare_dead(target);
	if (event->first)
		event->freeze = freeze(target, task);
	return event;
}

#endif
