/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * The kernel types that the programs read, with only the fields that they read. CO-RE finds the
 * real offsets at load time, so order and padding do not matter.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include <stdbool.h>
#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

typedef struct {
	unsigned int val;
} kuid_t;

struct cred {
	kuid_t uid, euid;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct file {
	struct path f_path;
};

struct mm_struct {
	unsigned long total_vm;
	unsigned long arg_start, arg_end;
	struct file *exe_file;
};

typedef struct {
	int counter;
} atomic_t;

struct tty_struct;

struct signal_struct {
	atomic_t live;
	int group_exit_code;
	unsigned int flags;
	short oom_score_adj;
	struct tty_struct *tty;
};

/* The name of a cgroup, and of its parents. */
struct kernfs_node {
	struct kernfs_node *__parent;
	const char *name;
};

/* before 6.15 */
struct kernfs_node___parent {
	struct kernfs_node *parent;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

enum cgroup_subsys_id {
	memory_cgrp_id = 4, /* CO-RE finds the real size */
};

struct css_set {
	struct cgroup_subsys_state *subsys[8];
	struct cgroup *dfl_cgrp; /* of cgroup v2 */
};

/* arch/x86/include/asm/processor.h: data of the last CPU exception */
struct thread_struct {
	unsigned long trap_nr;
	unsigned long error_code;
};

struct sigaction {
	void *sa_handler;
};

struct k_sigaction {
	struct sigaction sa;
};

struct sighand_struct {
	struct k_sigaction action[64];
};

typedef struct {
	unsigned long sig[1];
} sigset_t;

struct task_struct {
	unsigned int __state;
	void *stack;
	unsigned int flags;
	int exit_code;
	int pid, tgid;
	__u64 start_time;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	const struct cred *real_cred;
	char comm[16];
	struct mm_struct *mm;
	struct signal_struct *signal;
	struct sighand_struct *sighand;
	sigset_t blocked;
	struct css_set *cgroups;
	struct thread_struct thread;
};

/* before 5.14 */
struct task_struct___state {
	volatile long state;
};

union __sifields {
	struct {
		__u32 _pid;
		__u32 _uid;
	} _kill;
	struct {
		void *_addr;
	} _sigfault;
	struct {
		void *_call_addr;
		int _syscall;
	} _sigsys;
};

struct kernel_siginfo {
	int si_signo;
	int si_code;
	union __sifields _sifields;
};

enum pid_type {
	PIDTYPE_PID,
	PIDTYPE_TGID,
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

/* include/linux/sched.h, include/linux/sched/signal.h */
#define __TASK_STOPPED 0x4
#define __TASK_TRACED 0x8
#define PF_EXITING 0x4
#define SIGNAL_STOP_STOPPED 0x1
#define SIGNAL_GROUP_EXIT 0x4

/* include/uapi/asm-generic/signal.h; signal.h itself belongs to user space */
#define SIGHUP 1
#define SIGINT 2
#define SIGQUIT 3
#define SIGILL 4
#define SIGTRAP 5
#define SIGABRT 6
#define SIGBUS 7
#define SIGFPE 8
#define SIGKILL 9
#define SIGUSR1 10
#define SIGSEGV 11
#define SIGUSR2 12
#define SIGALRM 14
#define SIGCHLD 17
#define SIGCONT 18
#define SIGSTOP 19
#define SIGTSTP 20
#define SIGTTIN 21
#define SIGTTOU 22
#define SIGURG 23
#define SIGWINCH 28
#define SIGTERM 15
#define SIGSYS 31

#define SI_USER 0
#define SI_QUEUE (-1)
#define SI_MESGQ (-3)
#define SI_TKILL (-6)

#endif
