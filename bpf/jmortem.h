/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * What the BPF programs and the helper share: the records that travel from the
 * kernel to user space, and the description of a watched JVM that travels the
 * other way. All times are CLOCK_MONOTONIC nanoseconds, as bpf_ktime_get_ns()
 * gives them.
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

/* One thread, numbered three ways; 0 where it can't be seen from there. */
struct thread_ids {
	__u32 tgid, tid; /* the kernel's own: initial pid namespace */
	__u32 helper_tgid, helper_tid; /* as the helper's pid namespace sees it */
	__u32 vtgid, vtid; /* as the thread's own pid namespace sees it */
};

/* User registers in the order of x86-64's struct pt_regs. */
struct user_registers {
	__u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	__u64 orig_rax, rip, cs, eflags, rsp, ss;
};

/* A signal as it was delivered to a thread that had a handler for it. */
struct fault {
	__u64 time_ns;
	__u64 addr; /* si_addr */
	__u64 handler; /* the user function that the kernel is about to call */
	__u64 trap_nr, error_code; /* of the CPU exception; 0 without one */
	__u64 blocked; /* the thread's signal mask before: bit N-1 is signal N */
	__s32 sig, code; /* si_signo, si_code */
	__u32 tgid;
	__u32 raised_again; /* 1: after it the process sent itself the same signal */
	struct user_registers regs;
};

enum marker {
	MARKER_NONE,
	MARKER_UPROBE, /* VMError::report_and_die */
	MARKER_FENTRY, /* do_sigaction: HotSpot installs its crash handler */
	MARKER_SYSCALLS, /* the same at the system call's tracepoint */
	MARKER_DELIVERY, /* a fault outside all code that recovers from faults */
	MARKER_END, /* libjvm calls abort() or exit() in its handler of a fault */
};

enum freeze {
	FREEZE_OFF,
	FREEZE_STOPPED, /* SIGSTOP was sent from BPF: nothing runs any more */
	FREEZE_WANTED, /* the helper is to stop the process by ptrace */
};

/*
 * How long the thread at a marker waits for the helper to catch it. That takes some
 * 100 us where there is a CPU for the helper; where there is none, a process that is
 * dying has lost these milliseconds.
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
	__u32 marker; /* enum marker, where one spoke */
	__u64 time_ns;
	struct thread_ids thread; /* that ran into it, sent it or ended */
	char comm[COMM_LEN];
};

/* HotSpot gives up: the fault that it could not handle, or an error of its own. */
struct fatal_error_event {
	struct event_header header;
	__u32 freeze; /* enum freeze */
	__u32 first; /* 0: another thread, or the same again, after the first */
	__s32 error_id; /* signal number, or HotSpot's VMErrorType; 0 if not known */
	__s32 line;
	__u32 has_fault;
	__u32 pad;
	struct fault fault;
	char message[TEXT_LEN]; /* HotSpot's own, of an error that is not a fault */
	char detail[TEXT_LEN]; /* its format, as for printf */
	char argument[TEXT_LEN]; /* the first one of that format, if it is a text */
	char file[TEXT_LEN];
};

/* abort() is entered. The registers are those at its first instruction. */
struct abort_event {
	struct event_header header;
	__u32 freeze;
	__u32 first;
	__u64 caller; /* the return address */
	struct user_registers regs;
	char message[TEXT_LEN]; /* what libc has said before: an assertion, a broken heap */
};

/* A signal without a handler, and whose default action ends the process. */
struct fatal_signal_event {
	struct event_header header;
	__s32 sig, code;
	__u64 addr;
	__u32 sender_pid, sender_uid; /* from the siginfo; as the JVM sees them */
	__u32 has_info; /* 0: the kernel gave none (a dying group's SIGKILL) */
	__u32 has_fault; /* the same thread had a fault in flight before */
	__s32 syscall; /* SIGSYS: the number of the system call that was refused */
	__u32 pad;
	struct user_registers regs;
	struct fault fault;
};

struct ancestor {
	__u32 tgid, helper_tgid;
	char comm[COMM_LEN];
};

/* Read in the sender's own context, so a kill(1) that has gone has a name. */
struct signal_sent_event {
	struct event_header header; /* the sender */
	__s32 sig, code;
	__u32 target_tid; /* the kernel's */
	__u32 target_vtid;
	__u32 uid, euid;
	__u32 by_kernel; /* 1: no process sent it (terminal, timer, OOM killer) */
	__u32 pid_ns; /* inode of the sender's pid namespace */
	__u64 cgroup_id;
	__s32 syscall; /* by whose number it was sent; -1: none, or a 32-bit one */
	__u32 exiting; /* the sender was ending: its death is the reason */
	__u32 cgroup_depth; /* names that follow, that of the cgroup itself first */
	__u32 ancestors;
	__u32 cmdline_len;
	__u32 pad;
	char executable[EXECUTABLE_LEN];
	char cmdline[CMDLINE_LEN]; /* arguments separated by NUL */
	struct ancestor ancestor[MAX_ANCESTORS];
	char cgroup[MAX_CGROUP_DEPTH][CGROUP_NAME_LEN];
};

/* exit() or _exit() of libc is entered; the thread has not ended yet. */
struct exit_called_event {
	struct event_header header;
	__s32 status; /* its argument */
	__u32 immediate; /* 1: _exit() */
	__u64 caller; /* the return address */
	struct user_registers regs;
};

/* What a walk through a stack begins with. */
struct stack_registers {
	__u64 rip, rsp, rbp, r13;
};

/* A thread of a dying group, at its last instruction in user space. */
struct thread_killed_event {
	struct event_header header;
	struct stack_registers regs;
};

/* The OOM killer has chosen the process; the header is of whom it was to get memory for. */
struct oom_victim_event {
	struct event_header header;
	__u64 total_vm_pages;
	__s32 oom_score_adj;
	__u32 pad;
};

/* Somebody, the header says who, begins to trace the process's threads by PTRACE_ATTACH. */
struct debugger_event {
	struct event_header header;
};

/* The process has become another program: no JVM any more. */
struct exec_event {
	struct event_header header;
};

/* The last thread of the process has ended. */
struct exit_event {
	struct event_header header;
	__u32 status; /* as wait(2) gives it */
	__u32 pad;
};

struct code_range {
	__u64 start, end;
};

/* A watched JVM: the value in the map of watched tgids. */
struct target {
	__u64 signals; /* bit N: signal N is worth a signal_sent event */
	__u64 helper_task; /* address of the helper's task_struct, or 0 */
	__u32 helper_tgid; /* as the kernel counts */
	__u32 watchdog_tgid;
	struct code_range libjvm; /* its executable mapping */
	/* MARKER_DELIVERY only: code in which faults may be benign */
	struct code_range recovers[MAX_CODE_RANGES];
	__u32 helper_level; /* depth of the helper's pid namespace */
	__u32 marker; /* enum marker */
	__u32 freeze; /* enum freeze: how it is to be done */
	__u64 abort_message; /* address of glibc's variable __abort_msg, or 0 */
	__u32 clean_exits; /* 1: threads that end with status 0 are worth an event too */
	__u32 pad;
};

/* Signals counted in the kernel and of no further interest. */
struct benign_key {
	__u32 tgid;
	__s32 sig, code;
};

/* One of BPF, the helper and its watchdog writes, the others look. */
struct freeze_state {
	__u64 stopped_at_ns; /* by BPF: when it sent SIGSTOP; 0: never */
	__u32 caught; /* by the helper: the thread at the marker is being traced */
	__u32 pad;
};

/* Asked of and answered by the task iterator: who is pid N of our namespace? */
struct task_query {
	__u32 pid, pid_ns; /* asked: pid, inode of the namespace */
	__u32 tgid, level; /* answered: the kernel's tgid (0: not found) */
	__u64 task;
};

#endif
