/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROGRAMS_H
#define PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"
#include "probes/kernel_features.h"
#include "probes/known_uprobes.h"

struct jmortem;
struct bpf_link;

/*
 * What the programs are attached to, with the kernel's or libc's name of it, and the kind of
 * program: the event "armed" tells of each. docs/internals/kernel.md lists them.
 */
#define EACH_PROBE(row)                                                                        \
	row(PROBE_SIGNAL_DELIVER, "signal_deliver", "tp_btf") row(PROBE_SIGNAL_GENERATE,       \
								  "signal_generate", "tp_btf") \
		row(PROBE_EXIT, "sched_process_exit", "tp_btf")                                \
			row(PROBE_EXEC, "sched_process_exec", "tp_btf")                        \
				row(PROBE_MARK_VICTIM, "mark_victim", "tp_btf")                \
					row(PROBE_WAKE, "wake_helper", "tp_btf")               \
						row(PROBE_ABORT, "abort", "uprobe")            \
							row(PROBE_EXIT_CALLED, "exit", "uprobe")

#define PROBE_NUMBER(number, name, how) number,
enum probe { EACH_PROBE(PROBE_NUMBER) PROBES };
#undef PROBE_NUMBER

/* An attached uprobe: of one of the two kinds, or none. */
struct uprobe {
	struct bpf_link *link;
	int fd; /* a link that is only a descriptor; 0: none */
};

/*
 * The BPF programs, loaded and attached once for any number of watches. Each watch has a slot: its
 * ring buffer, state and target. A helper of its own has one slot; the daemon's workers, which are
 * its children, share its programs, and keep them if it is killed.
 */
struct programs {
	struct jmortem *skel; /* NULL: not loaded */
	enum marker marker; /* the one whose program is loaded */
	bool is_shared;
	unsigned int watches; /* the number of slots */
	unsigned int ring_size;
	struct watch_state *states; /* by slot; NULL without BPF */
	int states_fd;
	struct kernel_features kernel;
	bool uses_multi; /* uprobe_multi links, used if perf uprobes are not allowed */
	bool attached[PROBES];
	struct known_uprobes *known;
	struct uprobe uprobes[KNOWN_UPROBES]; /* those of known that this process attached */
	struct uprobe exits[KNOWN_UPROBES][2]; /* of exit() and _exit() */
};

/* Makes the memory that is shared with children. Without BPF, states is NULL. */
void programs_prepare(struct programs *programs, unsigned int watches);

/*
 * For the daemon: loads the programs for that many watches, and attaches them. Takes a quarter of a
 * second. Returns 0 or -errno. The lowest slots are the fastest, since their rings are made here.
 */
int programs_load(struct programs *programs, const struct config *config, unsigned int watches);

/*
 * Attaches uprobes in advance to files that JVMs usually map, in every process that maps them; the
 * programs check the process. The reason is that the first uprobe after a pause waits some 100 ms
 * for all CPUs (the kernel's dup_mmap_sem). java: a known launcher.
 */
void programs_attach_early(struct programs *programs, const char *java);

/* The watch in this slot has ended, in whatever way: the slot can be used again. */
void programs_free_slot(struct programs *programs, unsigned int slot);

/*
 * Keeps a uprobe that a worker has attached for every process: it closes fd if it can't. place is
 * what the worker's hook was told (probes.h); it may be any number.
 */
void programs_learn(struct programs *programs, int place, int fd);

/* The descriptors that a worker needs: pass them to close_descriptors_except(). */
size_t programs_descriptors(const struct programs *programs, int *fds, size_t max);

void programs_close(struct programs *programs);

#endif
