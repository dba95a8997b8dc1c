/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* The maps, and the way of a record to user space. */
#ifndef MAPS_H
#define MAPS_H

/* Set before loading; constants for the verifier, which drops the other branch. */
const volatile bool use_ringbuf = true;
const volatile bool has_task_pt_regs = true;
const volatile __u64 thread_size = 16384; /* x86-64 without KASAN */

#define BPF_RB_NO_WAKEUP (1ULL << 0)
#define BPF_RB_FORCE_WAKEUP (1ULL << 1)
#define BPF_F_CURRENT_CPU 0xffffffffULL

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32); /* tgid */
	__type(value, struct target);
} targets SEC(".maps");

/*
 * The last fault of each thread: benign until the VM says otherwise. LRU, since
 * nothing tells when a fault turned out to be benign; a fault becomes fatal
 * within microseconds or never, so an evicted one is an old one.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32); /* tid */
	__type(value, struct fault);
} pending SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 512);
	__type(key, struct benign_key);
	__type(value, __u64);
} benign SEC(".maps");

/* A process is declared dead once; the first to insert its tgid is the first. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64); /* when */
} declared SEC(".maps");

/* Made by the helper before the programs are loaded; its guardian maps it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct freeze_state);
} freeze_state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} lost SEC(".maps");

union any_event {
	struct signal_sent_event sent;
	struct fatal_error_event error;
	struct abort_event abort;
	struct fatal_signal_event signal;
	struct exit_event exit;
};

/* Records are larger than the 512 bytes of stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, union any_event);
} scratch SEC(".maps");

/* Becomes a perf event array where the kernel has no ring buffer. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

static __always_inline void count(void *map, const void *key)
{
	__u64 *n = bpf_map_lookup_elem(map, key), one = 1;

	if (n)
		(*n)++; /* per CPU, and a tracepoint is not re-entered on its CPU */
	else
		bpf_map_update_elem(map, key, &one, BPF_NOEXIST);
}

enum wake { LATER, AT_ONCE };

/* Waking the helper costs three times what the record costs: decisive ones only. */
static __always_inline void emit(void *ctx, void *event, __u64 size, enum wake wake)
{
	__u32 zero = 0;
	long err;

	if (use_ringbuf)
		err = bpf_ringbuf_output(&events, event, size,
					 wake == AT_ONCE ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
	else
		err = bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, event, size);
	if (err)
		count(&lost, &zero);
}

#endif
