// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/*
 * Finds the JVMs among a command's descendants, early enough to watch their whole lives. When a
 * process starts its second thread, the launcher has mapped libjvm, and the VM does not run yet.
 * User space then checks the process. A process that maps libjvm later is reported, too, because
 * the 1st, 2nd, 4th, 8th, ... thread of a process is announced.
 */
#include "kernel.bpf.h"
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "jmortem.h"
#include "task.bpf.h"
#include "find_task.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* The depth of user space's pid namespace. */
__u32 helper_level;

/* The command and its descendants; value: threads started since the last exec. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, __u32); /* tgid */
	__type(value, __u32);
} members SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} grown SEC(".maps");

static __always_inline void announce(struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	__u32 pid = pid_at_level(leader, helper_level);

	if (pid)
		(void)bpf_ringbuf_output(&grown, &pid, sizeof(pid), 0);
}

SEC("tp_btf/sched_process_fork")
int handle_fork(__u64 *ctx)
{
	struct task_struct *parent = (void *)ctx[0], *child = (void *)ctx[1];
	__u32 parent_tgid = BPF_CORE_READ(parent, tgid), tgid = BPF_CORE_READ(child, tgid);
	__u32 *threads = bpf_map_lookup_elem(&members, &parent_tgid);
	__u32 none = 0, number;

	if (!threads)
		return 0;
	if (tgid != parent_tgid) {
		bpf_map_update_elem(&members, &tgid, &none, BPF_ANY);
		return 0;
	}
	/* if another thread is started meanwhile, one may be left out; the next power of two comes
	 */
	__sync_fetch_and_add(threads, 1);
	number = *threads;
	if (!(number & (number - 1)))
		announce(child);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int handle_exec(void *ctx)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	__u32 *threads = bpf_map_lookup_elem(&members, &tgid);

	(void)ctx;
	if (threads)
		*threads = 0;
	return 0;
}

SEC("tp_btf/sched_process_exit")
int handle_exit(__u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	if (BPF_CORE_READ(task, signal, live.counter) <= 0)
		bpf_map_delete_elem(&members, &tgid);
	return 0;
}
