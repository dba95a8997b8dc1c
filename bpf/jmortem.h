/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * Shared by the BPF programs and the helper: the records that go from the kernel to user space, and
 * the description of a watched JVM that goes the other way. All times are CLOCK_MONOTONIC
 * nanoseconds, as bpf_ktime_get_ns() returns them.
 */
#ifndef JMORTEM_H
#define JMORTEM_H

#include <linux/types.h>

#define COMM_LEN 16
#define CMDLINE_LEN 256
#define EXECUTABLE_LEN 64
#define TEXT_LEN 128
#define MAX_ANCESTORS 8
#define MAX_CODE_RANGES 4
#define MAX_CGROUP_DEPTH 6
#define CGROUP_NAME_LEN 96 /* "cri-containerd-", 64 digits, ".scope" */

/* The ids of a thread in three namespaces; 0 if it is not visible there. */
struct thread_ids {
	__u32 tgid, tid; /* in the initial pid namespace */
	__u32 helper_tgid, helper_tid; /* in the helper's pid namespace */
	__u32 vtgid, vtid; /* in the thread's own pid namespace */
};

/* User registers in the order of x86-64's struct pt_regs. */
struct user_registers {
	__u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	__u64 orig_rax, rip, cs, eflags, rsp, ss;
};

/* A signal that was delivered to a handler of a thread. */
struct fault {
	__u64 time_ns;
	__u64 addr; /* si_addr */
	__u64 handler; /* the user function that the kernel is about to call */
	__u64 trap_nr, error_code; /* of the CPU exception; 0 if there was none */
	__u64 blocked; /* the thread's signal mask before the signal: bit N-1 is signal N */
	__s32 sig, code; /* si_signo, si_code */
	__u32 tgid;
	__u32 raised_again; /* 1: the process then sent itself the same signal */
	__u32 slot; /* of the watch */
	__u16 may_be_brief; /* 1: the next one like this has its registers in the signal frame */
	__u16 is_brief; /* 1: so has this one: of it only rip, rsp and brief_jiffies are known */
	__u64 jiffies, brief_jiffies; /* of time_ns; of a brief fault after that */
	struct user_registers regs;
};

enum marker {
	MARKER_NONE,
	MARKER_UPROBE, /* VMError::report_and_die */
	MARKER_FENTRY, /* do_sigaction: HotSpot installs its crash handler */
	MARKER_SYSCALLS, /* the same, at the tracepoint of the system call */
	MARKER_DELIVERY, /* a fault outside the code that recovers from faults */
	MARKER_END, /* libjvm calls abort() or exit() in its handler of a fault */
};

enum freeze {
	FREEZE_OFF,
	FREEZE_STOPPED, /* BPF sent SIGSTOP: no thread runs any more */
	FREEZE_WANTED, /* the helper must stop the process by ptrace */
};

/*
 * How long the thread at a marker waits until the helper traces it. This takes some 100 us if the
 * helper gets a CPU; otherwise the dying process loses these milliseconds.
 */
#define CATCH_PATIENCE_NS 30000000ULL

enum event_kind {
	EVENT_SIGNAL_SENT = 1,
	EVENT_FATAL_ERROR,
	EVENT_ABORT,
	EVENT_FATAL_SIGNAL,
	EVENT_EXIT,
	EVENT_EXIT_CALLED,
	EVENT_THREAD_KILLED,
	EVENT_OOM_VICTIM,
	EVENT_EXEC,
	EVENT_DEBUGGER,
};

struct event_header {
	__u32 kind;
	__u32 marker; /* enum marker, if a marker sent the record */
	__u64 time_ns;
	struct thread_ids thread; /* the thread that caused it, sent it or ended */
	char comm[COMM_LEN];
};

/* HotSpot starts its error report: for a fault that it could not handle, or another error. */
struct fatal_error_event {
	struct event_header header;
	__u32 freeze; /* enum freeze */
	__u32 first; /* 0: a later report, by another thread or the same one */
	__s32 error_id; /* signal number, or HotSpot's VMErrorType; 0 if unknown */
	__s32 line;
	__u32 has_fault;
	__u32 pad;
	struct fault fault;
	char message[TEXT_LEN]; /* HotSpot's message for an error that is not a fault */
	char detail[TEXT_LEN]; /* the printf format of the details */
	char argument[TEXT_LEN]; /* the first argument of that format, if it is a text */
	char file[TEXT_LEN];
};

/* abort() is called. The registers are those at its first instruction. */
struct abort_event {
	struct event_header header;
	__u32 freeze;
	__u32 first;
	__u64 caller; /* the return address */
	struct user_registers regs;
	char message[TEXT_LEN]; /* libc's message: an assertion, heap corruption */
};

/* A signal without a handler whose default action ends the process. */
struct fatal_signal_event {
	struct event_header header;
	__s32 sig, code;
	__u64 addr;
	__u32 sender_pid, sender_uid; /* from the siginfo, in the JVM's namespaces */
	__u32 has_info; /* 0: there is no siginfo (SIGKILL of a dying process) */
	__u32 has_fault; /* the thread had a pending fault */
	__s32 syscall; /* SIGSYS: the number of the refused system call */
	__u32 pad;
	struct user_registers regs;
	struct fault fault;
};

struct ancestor {
	__u32 tgid, helper_tgid;
	char comm[COMM_LEN];
};

/* Read in the sender's context, so a sender that exits at once is identified, too. */
struct signal_sent_event {
	struct event_header header; /* the sender */
	__s32 sig, code;
	__u32 target_tid; /* the kernel's */
	__u32 target_vtid;
	__u32 uid, euid;
	__u32 by_kernel; /* 1: the kernel sent it (terminal, timer, OOM killer) */
	__u32 pid_ns; /* inode of the sender's pid namespace */
	__u64 cgroup_id;
	__s32 syscall; /* the system call that sent it; -1: none, or a 32-bit one */
	__u32 exiting; /* the sender was exiting: its exit is the reason */
	__u32 cgroup_depth; /* the number of names, that of the cgroup itself first */
	__u32 ancestors;
	__u32 cmdline_len;
	__u32 pad;
	char executable[EXECUTABLE_LEN];
	char cmdline[CMDLINE_LEN]; /* arguments separated by NUL */
	struct ancestor ancestor[MAX_ANCESTORS];
	char cgroup[MAX_CGROUP_DEPTH][CGROUP_NAME_LEN];
};

/* exit() or _exit() of libc is called; the thread has not ended yet. */
struct exit_called_event {
	struct event_header header;
	__s32 status; /* its argument */
	__u32 immediate; /* 1: _exit() */
	__u64 caller; /* the return address */
	struct user_registers regs;
};

/* The registers that a stack walk needs. */
struct stack_registers {
	__u64 rip, rsp, rbp, r13;
};

/* A thread of a dying process, at its last instruction in user space. */
struct thread_killed_event {
	struct event_header header;
	struct stack_registers regs;
};

/* The OOM killer chose the process; the header names the thread that requested memory. */
struct oom_victim_event {
	struct event_header header;
	__u64 total_vm_pages;
	__s32 oom_score_adj;
	__u32 pad;
};

/* A process (in the header) attaches to the threads by PTRACE_ATTACH. */
struct debugger_event {
	struct event_header header;
};

/* The process executed another program, so it is no longer the JVM. */
struct exec_event {
	struct event_header header;
};

/* The last thread of the process has ended. */
struct exit_event {
	struct event_header header;
	__u32 status; /* as wait(2) returns it */
	__u32 pad;
};

struct code_range {
	__u64 start, end;
};

/* A watched JVM: the value in the map of watched tgids. */
struct target {
	__u32 slot; /* its index in the maps that have a place for each watch */
	__u32 pad_slot;
	__u64 signals; /* bit N: signal N is recorded as a signal_sent event */
	__u64 helper_task; /* address of the helper's task_struct, or 0 */
	__u32 helper_tgid; /* in the initial pid namespace */
	__u32 watchdog_tgid;
	struct code_range libjvm; /* its executable mapping */
	/* MARKER_DELIVERY only: code in which faults may be benign */
	struct code_range recovers[MAX_CODE_RANGES];
	__u32 helper_level; /* depth of the helper's pid namespace */
	__u32 marker; /* enum marker */
	__u32 freeze; /* enum freeze: how to stop the process */
	__u64 abort_message; /* address of glibc's variable __abort_msg, or 0 */
	__u32 clean_exits; /* 1: threads that end with status 0 are recorded, too */
	__u32 pad;
};

/*
 * Signals that are only counted have a place for each signal and si_code, of which the last one is
 * for SI_KERNEL and what the kernel does not have.
 */
#define FIRST_BENIGN_CODE (-7)
#define BENIGN_CODES 24
#define BENIGN_PLACES (6 * BENIGN_CODES)

/* The signals are SIGSEGV, SIGILL, SIGTRAP, SIGBUS, SIGFPE, and for all others SIGKILL. */
static inline __u64 benign_place(int sig, int code)
{
	__u64 row = sig == 11 ? 0 : sig == 4 ? 1 : sig == 5 ? 2 : sig == 7 ? 3 : sig == 8 ? 4 : 5;
	int column = code - FIRST_BENIGN_CODE;

	if (code < FIRST_BENIGN_CODE)
		column = -1 - FIRST_BENIGN_CODE; /* SI_QUEUE: its sender may choose any */
	if (column >= BENIGN_CODES)
		column = BENIGN_CODES - 1;
	return row * BENIGN_CODES + (__u64)column;
}

/* Of one watch. BPF, the helper or the watchdog writes it, and the others read it. */
struct watch_state {
	__u64 stopped_at_ns; /* written by BPF: when it sent SIGSTOP; 0: never */
	__u32 caught; /* written by the helper: it traces the thread at the marker */
	__u32 tgid; /* written by the helper: the key of its target */
	__u64 lost; /* records for which there was no room */
	__u64 benign[BENIGN_PLACES];
	/* the last call that a uprobe saw: where two probes are at one place, the second is not
	 * told */
	__u64 seen_ip, seen_sp, seen_ns;
	__u32 seen_tid;
	/* written by find_self: the helper that runs it */
	__u32 helper_tgid, helper_level, helper_parent;
	__u64 helper_task;
};

/* A process of the tree whose JVMs are to be found. */
struct tree_member {
	__u64 announced_ns; /* 0: not since its last exec */
	__u32 threads; /* started since its last exec */
	__u32 pad;
};

/* A process that started another thread: perhaps it is about to be a JVM. */
struct grown_process {
	__u64 born_ns; /* its start, CLOCK_MONOTONIC: with the pid, its identity */
	__u32 pid; /* in user space's pid namespace */
	__u32 tgid; /* in the initial one; 0: unknown */
	__u32 threads; /* started since its last exec; 0: unknown */
	__u32 uid; /* real, in the initial user namespace; 0, too, if it is unknown */
};

/* A query of the task iterator: which task has this pid in our namespace? */
struct task_query {
	__u32 pid, pid_ns; /* the query: pid, and inode of the namespace */
	__u32 tgid, level; /* the answer: the kernel's tgid (0: not found) */
	__u64 task;
};

#endif
