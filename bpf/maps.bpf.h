/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* The maps, and the functions that send records to user space. */
#ifndef MAPS_H
#define MAPS_H

/* Set before loading; the verifier treats them as constants and drops unused branches. */
const volatile bool use_ringbuf = true;
const volatile bool mark_victim_has_task = true; /* older kernels: a pid */
const volatile bool has_task_storage = true;

/* Maps with one entry for each watch: the helper sets their size before loading. */
#define WATCHES 1

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WATCHES);
	__type(key, __u32); /* tgid */
	__type(value, struct target);
} targets SEC(".maps");

/* The last fault of each thread, benign until a marker says otherwise. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct fault);
} last_fault SEC(".maps");

/*
 * The same where the kernel has no task storage (before 5.11). The map is an LRU, because no event
 * says that a fault was benign. A fault becomes fatal within microseconds or never, so evicted
 * faults are old ones.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32); /* tid */
	__type(value, struct fault);
} pending SEC(".maps");

/*
 * The first thread that inserts the slot is the first to declare the process dead. (An atomic
 * exchange would need Linux 5.12.)
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WATCHES);
	__type(key, __u32); /* slot */
	__type(value, __u64); /* when */
} declared SEC(".maps");

/* The helper creates this map before the programs are loaded; helper and watchdog map it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, WATCHES);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32); /* slot */
	__type(value, struct watch_state);
} watch_states SEC(".maps");

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

/* The ring buffer of each watch: a JVM that floods its own takes no room from another. */
struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024); /* the helper sets it */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, WATCHES);
	__type(key, __u32); /* slot */
	__array(values, struct ring);
} rings SEC(".maps");

/* Instead of the rings, if the kernel has none: then there is only one watch. */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, int);
	__type(value, int);
} perf_events SEC(".maps");

static __always_inline struct watch_state *state_of(__u32 slot)
{
	return bpf_map_lookup_elem(&watch_states, &slot);
}

static __always_inline void count_lost(__u32 slot)
{
	struct watch_state *state = state_of(slot);

	if (state)
		__sync_fetch_and_add(&state->lost, 1);
}

static __always_inline void count_benign(__u32 slot, int sig, __s32 code)
{
	struct watch_state *state = state_of(slot);
	__u64 place = benign_place(sig, code);

	asm volatile("" : "+r"(place)); /* so that the verifier sees the next check */
	if (state && place < BENIGN_PLACES)
		__sync_fetch_and_add(&state->benign[place], 1);
}

/* Whether more than this part of the ring is taken. */
static __always_inline bool is_filled(__u32 slot, __u32 quarters)
{
	void *ring = bpf_map_lookup_elem(&rings, &slot);

	return ring && bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) >
			       bpf_ringbuf_query(ring, BPF_RB_RING_SIZE) / 4 * quarters;
}

/* All threads of a process end at once: their records leave a quarter to other records. */
static __always_inline bool is_room_for_threads(__u32 slot)
{
	return !use_ringbuf || !is_filled(slot, 3);
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
static __always_inline void *event_begin(__u32 slot, __u64 size)
{
	void *event = NULL, *ring;
	__u32 zero = 0;

	if (use_ringbuf) {
		ring = bpf_map_lookup_elem(&rings, &slot);
		if (ring)
			event = bpf_ringbuf_reserve(ring, size, 0);
	} else {
		event = bpf_map_lookup_elem(&scratch, &zero);
	}
	if (event)
		clear(event, size);
	else
		count_lost(slot);
	return event;
}

enum wake { LATER, AT_ONCE };

/*
 * Waking the helper takes three times as long as the record. So it is done only for decisive
 * records, and before other records fill the room that a decisive one will need.
 */
static __always_inline void event_end(void *ctx, __u32 slot, void *event, __u64 size,
				      enum wake wake)
{
	if (!use_ringbuf) {
		if (bpf_perf_event_output(ctx, &perf_events, BPF_F_CURRENT_CPU, event, size))
			count_lost(slot);
		return;
	}
	if (wake == LATER && is_filled(slot, 1))
		wake = AT_ONCE;
	bpf_ringbuf_submit(event, wake == AT_ONCE ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

#endif
