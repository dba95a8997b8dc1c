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

/* A probe that was attached before the JVM exists, to a file that it may map. */
struct early_uprobe {
	const struct bpf_program *program;
	struct bpf_link *link;
	dev_t device;
	ino_t inode;
};

/*
 * The BPF programs of one watched JVM. It holds references to everything that the kernel would
 * otherwise unload.
 */
struct probes {
	struct jmortem *skel; /* NULL: no BPF here */
	struct bpf_link *report_and_die, *abort, *exit, *exit_now; /* functions of the JVM */
	struct code_file libjvm, libc;
	struct early_uprobe early[EARLY_UPROBES];
	size_t early_count;
	int multi[MULTI_UPROBES]; /* links that are only a descriptor */
	size_t multi_count;
	bool uses_multi; /* uprobe_multi links, used if perf uprobes are not allowed */
	bool attached[PROBES];
	struct ring_buffer *ring_buffer;
	struct perf_buffer *perf_buffer; /* used if there is no ring buffer */
	volatile struct freeze_state *freeze_state; /* NULL without BPF */
	int freeze_state_fd;
	record_handler handler;
	void *context;
	uint64_t lost_by_perf;
	unsigned int consumed; /* records since the last probes_consume() began */
	enum marker marker;
	struct kernel_features kernel;
	__u32 tgid; /* of the JVM in the initial pid namespace: the key of the maps */
	struct target target; /* the description of the JVM for the programs */
	char why[256]; /* what could not be attached, and why; empty if nothing failed */
	char hint[160]; /* how to fix it */
};

/*
 * Creates the map that the watchdog shares, before the helper forks. Without BPF, there is no such
 * map, and freeze_state is NULL.
 */
void probes_prepare(struct probes *probes);

/*
 * Loads the programs that are most likely needed, before the JVM is known; this takes a quarter of
 * a second. probes_open() reports errors.
 */
void probes_load(struct probes *probes, const struct config *config);

/*
 * Loads and attaches the programs, with the best marker that works. Returns 0; or -errno if BPF
 * does not work at all, and why and hint say what is missing.
 */
int probes_open(struct probes *probes, const struct config *config, const struct jvm *jvm,
		record_handler handler, void *context);

/*
 * Attaches the probes that record callers of exit(); probes_open() does so if nothing was attached
 * before. It takes 100 ms, which would delay the end of the JVM, so it is for a JVM that has lived
 * a while.
 */
void probes_watch_exit(struct probes *probes, const struct jvm *jvm);

/* Readable when there is something to consume; -1 without BPF. */
int probes_fd(const struct probes *probes);

/* Calls the handler for the waiting records, at most for a bounded number. */
void probes_consume(struct probes *probes);

/*
 * Describes what was chosen and attached, for the event "armed". states must live as long as armed.
 */
struct armed;
struct probe_state;
void probes_describe(const struct probes *probes, struct armed *armed, struct probe_state *states);

/* Benign signals, records lost: event "counters". */
void probes_count(const struct probes *probes, struct evidence *evidence);

void probes_close(struct probes *probes);

#endif
