// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/*
 * Finds the JVMs among a command's descendants, or those of the whole host, early enough to watch
 * their whole lives. When a process starts its second thread, the launcher has mapped libjvm, and
 * the VM does not run yet. User space then checks the process. A process that maps libjvm later is
 * reported, too, because a process is announced again when it starts more threads.
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

/* Set before loading: every process belongs to the tree. */
const volatile bool is_whole_host = false;

/*
 * The command and its descendants. For the whole host, the processes with several threads: then it
 * is an LRU map, because a process that is forgotten is only announced once more.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, __u32); /* tgid */
	__type(value, struct tree_member);
} members SEC(".maps");

/* Announcements that user space did not get, because it was too slow. */
__u64 lost_announcements;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} grown_processes SEC(".maps");

static __always_inline void announce(struct task_struct *task, __u32 tgid, __u32 threads)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct grown_process grown = {
		.born_ns = BPF_CORE_READ(leader, start_time),
		.pid = pid_at_level(leader, helper_level),
		.tgid = tgid,
		.threads = threads,
		.uid = BPF_CORE_READ(leader, real_cred, uid.val),
	};

	if (grown.pid && bpf_ringbuf_output(&grown_processes, &grown, sizeof(grown), 0))
		__sync_fetch_and_add(&lost_announcements, 1);
}

/* A process that starts a thousand threads a second must not keep user space busy. */
#define ANNOUNCE_INTERVAL_NS 10000000ULL

/* If another thread is started meanwhile, one may be left out; the next one is announced. */
static __always_inline void on_thread(struct tree_member *member, struct task_struct *child,
				      __u32 tgid)
{
	__u64 now = bpf_ktime_get_ns();

	member->threads++;
	if (member->announced_ns && now - member->announced_ns < ANNOUNCE_INTERVAL_NS &&
	    (member->threads & (member->threads - 1)))
		return;
	member->announced_ns = now;
	announce(child, tgid, member->threads);
}

SEC("tp_btf/sched_process_fork")
int handle_fork(__u64 *ctx)
{
	struct task_struct *parent = (void *)ctx[0], *child = (void *)ctx[1];
	__u32 parent_tgid = BPF_CORE_READ(parent, tgid), tgid = BPF_CORE_READ(child, tgid);
	struct tree_member *member, none = {};

	if (is_whole_host && tgid != parent_tgid)
		return 0;
	member = bpf_map_lookup_elem(&members, &parent_tgid);
	if (!member && is_whole_host) {
		bpf_map_update_elem(&members, &tgid, &none, BPF_ANY);
		member = bpf_map_lookup_elem(&members, &tgid);
	}
	if (!member)
		return 0;
	if (tgid != parent_tgid)
		bpf_map_update_elem(&members, &tgid, &none, BPF_ANY);
	else
		on_thread(member, child, tgid);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int handle_exec(void *ctx)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct tree_member *member = bpf_map_lookup_elem(&members, &tgid);

	(void)ctx;
	if (member) {
		member->announced_ns = 0;
		member->threads = 0;
	}
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
