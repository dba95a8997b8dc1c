// SPDX-License-Identifier: Apache-2.0
#include "probes/programs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "probes/known_files.h"
#include "probes/programs_parts.h"
#include "probes/uprobe_multi.h"
#include "process/privileges.h"

/* Of the second there may be hundreds: it has room for the last words of 500 threads. */
#define OWN_RING_SIZE (256 * 1024)
#define SHARED_RING_SIZE (64 * 1024)

/* The slots whose rings are made in advance. */
#define WARM_SLOTS 32

/* Pending faults: a thread of a watched JVM has one. */
#define SHARED_PENDING 16384

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0; /* stderr belongs to the JVM: errors are reported in our own line */
}

static size_t states_size(const struct programs *programs)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (programs->watches * sizeof(struct watch_state) + page - 1) / page * page;
}

void programs_prepare(struct programs *programs, unsigned int watches)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	void *mapped;

	*programs = (struct programs) {
		.watches = watches,
		.ring_size = OWN_RING_SIZE,
		.known = known_uprobes_new(),
	};
	libbpf_set_print(silent);
	programs->states_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "watch_states", sizeof(__u32),
					     sizeof(struct watch_state), watches, &opts);
	if (programs->states_fd < 0)
		return;
	mapped = mmap(NULL, states_size(programs), PROT_READ | PROT_WRITE, MAP_SHARED,
		      programs->states_fd, 0);
	if (mapped != MAP_FAILED)
		programs->states = mapped;
}

void programs_look_at_kernel(struct programs *programs)
{
	programs->kernel = kernel_features();
	programs->uses_multi = !privileges_have(CAP_SYS_ADMIN) && programs->kernel.has_uprobe_multi;
}

static int size_maps(struct programs *programs, const struct config *config)
{
	struct jmortem *skel = programs->skel;
	bool use_ringbuf = !config->perf_buffer && programs->kernel.has_ring_buffer;

	if (!use_ringbuf && programs->is_shared)
		return -EOPNOTSUPP;
	skel->rodata->use_ringbuf = use_ringbuf;
	bpf_map__set_autocreate(skel->maps.rings, use_ringbuf);
	bpf_map__set_autocreate(skel->maps.perf_events, !use_ringbuf);
	bpf_map__set_autocreate(skel->maps.scratch, !use_ringbuf);
	if (!use_ringbuf)
		bpf_map__set_max_entries(skel->maps.perf_events, (__u32)libbpf_num_possible_cpus());
	bpf_map__set_autocreate(skel->maps.last_fault, programs->kernel.has_task_storage);
	bpf_map__set_autocreate(skel->maps.pending, !programs->kernel.has_task_storage);
	if (programs->is_shared)
		bpf_map__set_max_entries(skel->maps.pending, SHARED_PENDING);
	bpf_map__set_max_entries(skel->maps.rings, programs->watches);
	bpf_map__set_max_entries(skel->maps.targets, programs->watches);
	bpf_map__set_max_entries(skel->maps.declared, programs->watches);
	return bpf_map__reuse_fd(skel->maps.watch_states, programs->states_fd);
}

static int new_ring(const struct programs *programs)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, programs->ring_size, NULL);

	return fd < 0 ? -errno : fd;
}

/* It stays when its watch ends: to take a map out of another waits for all CPUs. */
int programs_open_ring(const struct programs *programs, __u32 slot)
{
	int rings = bpf_map__fd(programs->skel->maps.rings), fd;
	__u32 id;

	if (bpf_map_lookup_elem(rings, &slot, &id) == 0) {
		fd = bpf_map_get_fd_by_id(id);
		if (fd >= 0)
			return fd;
	}
	fd = new_ring(programs);
	if (fd >= 0 && bpf_map_update_elem(rings, &slot, &fd, BPF_ANY)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

/* The map of maps takes what is made like this one. (libbpf 1.1 can't size an inner map.) */
static int load_with_ring(struct programs *programs)
{
	int ring, err;

	if (!programs->skel->rodata->use_ringbuf)
		return jmortem__load(programs->skel);
	ring = new_ring(programs);
	if (ring < 0)
		return ring;
	err = bpf_map__set_inner_map_fd(programs->skel->maps.rings, ring);
	if (!err)
		err = jmortem__load(programs->skel);
	close(ring);
	return err;
}

/* Opens the object with only the programs that this marker needs, and loads it. */
static int load(struct programs *programs, const struct config *config, enum marker marker)
{
	struct jmortem *skel = jmortem__open();
	int err;

	programs->skel = skel;
	if (!skel)
		return -errno;
	/* libbpf raises RLIMIT_MEMLOCK on kernels that count maps by it (before 5.11) */
	err = size_maps(programs, config);
	if (err)
		return err;
	skel->rodata->mark_victim_has_task = programs->kernel.mark_victim_has_task;
	skel->rodata->has_task_pt_regs = programs->kernel.has_task_pt_regs;
	skel->rodata->has_task_storage = programs->kernel.has_task_storage;
	bpf_program__set_autoload(skel->progs.wake_helper, programs->kernel.can_send_signals);
	bpf_program__set_autoload(skel->progs.handle_report_and_die, marker == MARKER_UPROBE);
	bpf_program__set_autoload(skel->progs.handle_do_sigaction, marker == MARKER_FENTRY);
	bpf_program__set_autoload(skel->progs.handle_sys_enter, marker == MARKER_SYSCALLS);
	if (programs->uses_multi) {
		(void)uprobe_multi_prepare(skel->progs.handle_report_and_die);
		(void)uprobe_multi_prepare(skel->progs.handle_abort);
	}
	return load_with_ring(programs);
}

int programs_load_marker(struct programs *programs, const struct config *config, enum marker marker)
{
	int err;

	if (programs->skel && programs->marker == marker)
		return 0;
	programs_unload(programs);
	err = load(programs, config, marker);
	if (!err)
		err = programs_attach_tracepoints(programs);
	if (err)
		programs_unload(programs);
	else
		programs->marker = marker;
	return err;
}

void programs_attach_early(struct programs *programs, const char *java)
{
	privileges_lower(); /* because paths are followed now */
	if (programs->marker == MARKER_UPROBE)
		known_libjvms(java, programs_attach_early_marker, programs);
	known_libcs(programs_attach_early_abort, programs);
	privileges_raise();
}

/*
 * Makes the rings of the first slots, so that no worker has to wait for one; a failure is theirs.
 * One system call for all, because each waits for all CPUs.
 */
static void warm_slots(const struct programs *programs)
{
	__u32 slots[WARM_SLOTS],
		wanted = programs->watches < WARM_SLOTS ? programs->watches : WARM_SLOTS;
	int rings[WARM_SLOTS];
	__u32 count = 0, done;

	while (count < wanted && (rings[count] = new_ring(programs)) >= 0) {
		slots[count] = count;
		count++;
	}
	done = count;
	(void)bpf_map_update_batch(bpf_map__fd(programs->skel->maps.rings), slots, rings, &done,
				   NULL);
	while (count)
		close(rings[--count]);
}

int programs_load(struct programs *programs, const struct config *config, unsigned int watches)
{
	int err;

	programs_prepare(programs, watches);
	programs->is_shared = true;
	programs->ring_size = SHARED_RING_SIZE;
	if (!programs->states)
		return programs->states_fd < 0 ? programs->states_fd : -ENOMEM;
	programs_look_at_kernel(programs);
	err = programs_load_marker(programs, config,
				   config->marker >= 0 ? (enum marker)config->marker
						       : MARKER_UPROBE);
	if (!err)
		err = programs_attach_system_marker(programs);
	if (!err)
		warm_slots(programs);
	return err;
}

/* ---- slots ---------------------------------------------------------------------- */

/* The tgid may be that of another JVM meanwhile. */
static void remove_target(const struct programs *programs, unsigned int slot)
{
	int targets = bpf_map__fd(programs->skel->maps.targets);
	__u32 tgid = programs->states[slot].tgid;
	struct target target;

	if (tgid && bpf_map_lookup_elem(targets, &tgid, &target) == 0 && target.slot == slot)
		(void)bpf_map_delete_elem(targets, &tgid);
}

void programs_free_slot(struct programs *programs, unsigned int slot)
{
	if (!programs->skel || slot >= programs->watches)
		return;
	remove_target(programs, slot);
	(void)bpf_map_delete_elem(bpf_map__fd(programs->skel->maps.declared), &slot);
	memset(&programs->states[slot], 0, sizeof(programs->states[slot]));
	known_uprobes_forget(programs->known, slot);
}

void programs_learn(struct programs *programs, int place, int fd)
{
	if (place < 0 || place >= KNOWN_UPROBES) {
		close(fd);
		return;
	}
	uprobe_detach(
		&programs->uprobes[place]); /* of a worker that was killed before it settled */
	programs->uprobes[place].fd = fd;
}

/* ---- the end ---------------------------------------------------------------------- */

static size_t add(int *fds, size_t count, size_t max, int fd)
{
	if (fd > 0 && count < max)
		fds[count++] = fd;
	return count;
}

size_t programs_descriptors(const struct programs *programs, int *fds, size_t max)
{
	struct bpf_program *program;
	struct bpf_map *map;
	size_t count = 0;

	if (!programs->skel)
		return 0;
	bpf_object__for_each_map(map, programs->skel->obj) count =
		add(fds, count, max, bpf_map__fd(map));
	bpf_object__for_each_program(program, programs->skel->obj) count =
		add(fds, count, max, bpf_program__fd(program));
	for (int i = 0; i < programs->skel->skeleton->prog_cnt; i++) {
		const struct bpf_link *link = *programs->skel->skeleton->progs[i].link;

		if (link)
			count = add(fds, count, max, bpf_link__fd(link));
	}
	for (size_t i = 0; i < KNOWN_UPROBES; i++) {
		const struct uprobe *uprobe = &programs->uprobes[i];

		count = add(fds, count, max,
			    uprobe->link ? bpf_link__fd(uprobe->link) : uprobe->fd);
	}
	return count;
}

void programs_unload(struct programs *programs)
{
	for (size_t i = 0; i < KNOWN_UPROBES; i++) {
		uprobe_detach(&programs->uprobes[i]);
		uprobe_detach(&programs->exits[i][0]);
		uprobe_detach(&programs->exits[i][1]);
	}
	if (programs->known)
		memset(programs->known, 0, sizeof(*programs->known));
	jmortem__destroy(programs->skel);
	programs->skel = NULL;
	memset(programs->attached, 0, sizeof(programs->attached));
}

void programs_close(struct programs *programs)
{
	programs_unload(programs);
	known_uprobes_free(programs->known);
	programs->known = NULL;
	if (programs->states)
		(void)munmap(programs->states, states_size(programs));
	programs->states = NULL;
	if (programs->states_fd >= 0)
		close(programs->states_fd);
	programs->states_fd = -1;
}
