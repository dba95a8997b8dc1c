/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Finds the task with a pid of user space's namespace: an iterator, run once for each query. */
#ifndef FIND_TASK_BPF_H
#define FIND_TASK_BPF_H

struct task_query query;

/* A pid is valid only in its namespace; the key of the map is the kernel's pid. */
SEC("iter/task")
int find_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct upid upid;

	if (!task || query.tgid || BPF_CORE_READ(task, pid) != BPF_CORE_READ(task, tgid))
		return 0;
	for (__u32 level = 0; level <= MAX_PID_NS_LEVEL; level++) {
		upid = upid_at_level(task, level);
		if (!upid.ns)
			return 0;
		if ((__u32)upid.nr == query.pid &&
		    BPF_CORE_READ(upid.ns, ns.inum) == query.pid_ns) {
			query.tgid = BPF_CORE_READ(task, tgid);
			query.level = level;
			query.task = (__u64)task;
			return 0;
		}
	}
	return 0;
}

#endif
