/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROBES_H
#define PROBES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "evidence/evidence.h"
#include "probes/code_file.h"
#include "probes/kernel_features.h"
#include "process/jvm.h"

struct jmortem;
struct bpf_link;
struct ring_buffer;
struct perf_buffer;

typedef void (*record_handler)(void *context, const void *data, size_t size);

#define EARLY_UPROBES 16
#define MULTI_UPROBES (EARLY_UPROBES + 2) /* and those of the JVM itself */

/* What the programs are attached to; probes_describe() tells of each. */
enum probe {
	PROBE_SIGNAL_DELIVER,
	PROBE_SIGNAL_GENERATE,
	PROBE_EXIT, /* of the process */
	PROBE_EXEC,
	PROBE_MARK_VICTIM,
	PROBE_WAKE, /* of a helper that was stopped */
	PROBE_ABORT,
	PROBE_EXIT_CALLED,
	PROBES
};

/* Attached before there is a JVM, to a file that it may map. */
struct early_uprobe {
	const struct bpf_program *program;
	struct bpf_link *link;
	dev_t device;
	ino_t inode;
};

/*
 * The BPF programs of one watched JVM. Everything that the kernel would unload
 * when nobody refers to it is referred to from here.
 */
struct probes {
	struct jmortem *skel; /* NULL: no BPF here */
	struct bpf_link *report_and_die, *abort, *exit, *exit_now; /* functions of the JVM's */
	struct code_file libjvm, libc;
	struct early_uprobe early[EARLY_UPROBES];
	size_t early_count;
	int multi[MULTI_UPROBES]; /* links that are nothing but a descriptor */
	size_t multi_count;
	bool uses_multi; /* uprobes other than perf's, which we may not have */
	bool attached[PROBES];
	struct ring_buffer *ring_buffer;
	struct perf_buffer *perf_buffer; /* where there is no ring buffer */
	volatile struct freeze_state *freeze_state; /* NULL without BPF */
	int freeze_state_fd;
	record_handler handler;
	void *context;
	uint64_t lost_by_perf;
	unsigned int consumed; /* records since the last probes_consume() began */
	enum marker marker;
	struct kernel_features kernel;
	__u32 tgid; /* of the JVM, as the kernel counts: the key of the maps */
	struct target target; /* what the programs know of it */
	char why[256]; /* what could not be had, and why; empty if all could */
	char hint[160]; /* what would mend it */
};

/*
 * Before the helper forks: makes the one map that its watchdog shares. Without BPF
 * there is none, and freeze_state is NULL.
 */
void probes_prepare(struct probes *probes);

/*
 * Loads what is most likely needed, before it is known which JVM is to be watched: that
 * takes a quarter of a second. What fails is told by probes_open().
 */
void probes_load(struct probes *probes, const struct config *config);

/*
 * Loads and attaches, with the best marker that can be had. Returns 0; or -errno
 * where there is no BPF at all, and why and hint say what is missing.
 */
int probes_open(struct probes *probes, const struct config *config, const struct jvm *jvm,
		record_handler handler, void *context);

/*
 * Who calls exit() is seen from here on; probes_open() does it where nothing was attached before.
 * It takes 100 ms, in which a JVM that ends would be kept waiting: for one that has lived a while.
 */
void probes_watch_exit(struct probes *probes, const struct jvm *jvm);

/* Readable when there is something to consume; -1 without BPF. */
int probes_fd(const struct probes *probes);

/* Calls the handler for the records that are there; of very many, for the first. */
void probes_consume(struct probes *probes);

/*
 * What was chosen and attached, for the event "armed". states is used as long as armed is.
 */
struct armed;
struct probe_state;
void probes_describe(const struct probes *probes, struct armed *armed, struct probe_state *states);

/* Benign signals, records lost: event "counters". */
void probes_count(const struct probes *probes, struct evidence *evidence);

void probes_close(struct probes *probes);

#endif
