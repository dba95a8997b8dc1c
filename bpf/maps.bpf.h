/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* The maps, and the functions that send records to user space. */
#ifndef MAPS_H
#define MAPS_H

/* Set before loading; the verifier treats them as constants and drops unused branches. */
const volatile bool use_ringbuf = true;
const volatile bool mark_victim_has_task = true; /* older kernels: a pid */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32); /* tgid */
	__type(value, struct target);
} targets SEC(".maps");

/*
 * The last fault of each thread, benign until a marker says otherwise. The map is an LRU, because
 * no event says that a fault was benign. A fault becomes fatal within microseconds or never, so
 * evicted faults are old ones.
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

/* The first thread that inserts the tgid is the first to declare the process dead. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64); /* when */
} declared SEC(".maps");

/* The helper creates this map before the programs are loaded; the watchdog maps it. */
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
	struct exit_called_event exit_called;
	struct thread_killed_event thread_killed;
	struct oom_victim_event oom_victim;
	struct exec_event exec;
	struct debugger_event debugger;
};

/*
 * On kernels without ring buffer, records are built here, because they are larger than the stack of
 * 512 bytes. On those kernels, unlike newer ones, BPF programs can't be preempted.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, union any_event);
} scratch SEC(".maps");

/* Written, but never read: see wait_to_be_caught(). */
struct time_waster {
	char bytes[16384];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct time_waster);
} time_wasted SEC(".maps");

#define EVENTS_SIZE (256 * 1024)

/* Becomes a perf event array if the kernel has no ring buffer. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, EVENTS_SIZE);
} events SEC(".maps");

static __always_inline void count(void *map, const void *key)
{
	__u64 *n = bpf_map_lookup_elem(map, key), one = 1;

	if (n)
		__sync_fetch_and_add(n, 1); /* other programs may preempt this one */
	else if (bpf_map_update_elem(map, key, &one, BPF_NOEXIST)) {
		n = bpf_map_lookup_elem(map, key); /* another CPU was faster */
		if (n)
			__sync_fetch_and_add(n, 1);
	}
}

/* All threads of a process end at once: their records leave a quarter to other records. */
static __always_inline bool is_room_for_threads(void)
{
	return !use_ringbuf || bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) < EVENTS_SIZE / 4 * 3;
}

#define MEMSET_LIMIT 1024 /* clang inlines this; there is no function to call */

static __always_inline void clear(void *to, __u64 size)
{
	if (size > MEMSET_LIMIT) {
		__builtin_memset(to, 0, MEMSET_LIMIT);
		barrier(); /* otherwise clang merges the two again */
		to += MEMSET_LIMIT;
		size -= MEMSET_LIMIT;
	}
	__builtin_memset(to, 0, size);
}

/*
 * Returns a zeroed record of a constant size. The caller fills it in, and must pass it to
 * event_end() on every path. NULL if there is no room, which is counted.
 */
static __always_inline void *event_begin(__u64 size)
{
	__u32 zero = 0;
	void *event;

	if (use_ringbuf)
		event = bpf_ringbuf_reserve(&events, size, 0);
	else
		event = bpf_map_lookup_elem(&scratch, &zero);
	if (event)
		clear(event, size);
	else
		count(&lost, &zero);
	return event;
}

enum wake { LATER, AT_ONCE };

/*
 * Waking the helper takes three times as long as the record. So it is done only for decisive
 * records, and before other records fill the room that a decisive one will need.
 */
static __always_inline void event_end(void *ctx, void *event, __u64 size, enum wake wake)
{
	__u32 zero = 0;

	if (!use_ringbuf) {
		if (bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, event, size))
			count(&lost, &zero);
		return;
	}
	if (wake == LATER && bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > EVENTS_SIZE / 4)
		wake = AT_ONCE;
	bpf_ringbuf_submit(event, wake == AT_ONCE ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

#endif
