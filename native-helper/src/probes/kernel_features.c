// SPDX-License-Identifier: Apache-2.0
#include "probes/kernel_features.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "probes/uprobe_multi.h"

static bool helper_function_exists(enum bpf_func_id id)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_TRACEPOINT, id, NULL) == 1;
}

/* Whether BPF may send a signal to another process; tests the newest of the required functions. */
static bool can_send_signals(const struct btf *btf)
{
	return btf__find_by_name_kind(btf, "bpf_send_signal_task", BTF_KIND_FUNC) > 0;
}

/* The first argument of the tracepoint, after the context: a task, or a pid on older kernels. */
static bool mark_victim_has_task(const struct btf *btf)
{
	__s32 id = btf__find_by_name_kind(btf, "btf_trace_mark_victim", BTF_KIND_TYPEDEF);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

	type = type ? btf__type_by_id(btf, type->type) : NULL; /* pointer to function */
	type = type && btf_is_ptr(type) ? btf__type_by_id(btf, type->type) : NULL;
	if (!type || !btf_is_func_proto(type) || btf_vlen(type) < 2)
		return false;
	type = btf__type_by_id(btf, btf_params(type)[1].type);
	return type && btf_is_ptr(type);
}

/* Reads the kernel's BTF, which takes some milliseconds. */
struct kernel_features kernel_features(void)
{
	struct kernel_features features = {};
	struct btf *btf = btf__load_vmlinux_btf();

	if (!btf)
		return features; /* then no program will load, which is reported */
	features.can_send_signals = can_send_signals(btf);
	features.mark_victim_has_task = mark_victim_has_task(btf);
	features.has_uprobe_multi = uprobe_multi_exists(btf);
	features.has_task_pt_regs = helper_function_exists(BPF_FUNC_task_pt_regs);
	features.has_task_storage = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_TASK_STORAGE, NULL) == 1;
	features.has_ring_buffer = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL) == 1;
	btf__free(btf);
	return features;
}
