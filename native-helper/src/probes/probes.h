/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROBES_H
#define PROBES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "evidence/evidence.h"
#include "probes/code_file.h"
#include "probes/programs.h"
#include "process/jvm.h"

struct ring_buffer;
struct perf_buffer;

typedef void (*record_handler)(void *context, const void *data, size_t size);

/* Keeps the descriptor for the JVMs to come. Returns whether it will be kept. */
typedef bool (*uprobe_keeper)(void *context, int place, int fd);

/*
 * One watched JVM's view of the programs: its slot, its records, the uprobes that only it needs.
 */
struct probes {
	struct programs *programs; /* NULL: no BPF here */
	struct programs own; /* of a helper that shares none */
	unsigned int slot;
	volatile struct watch_state *state; /* of this watch; NULL without BPF */
	struct uprobe report_and_die, abort, exit, exit_now; /* functions of the JVM */
	struct code_file libjvm, libc;
	bool were_loaded; /* before the JVM was known */
	bool attached[PROBES]; /* for this JVM alone */
	int ring_fd; /* 0: none */
	struct ring_buffer *ring_buffer;
	struct perf_buffer *perf_buffer; /* used if there is no ring buffer */
	record_handler handler;
	void *context;
	uprobe_keeper learn; /* NULL: each uprobe is for this JVM alone */
	void *learn_context;
	uint64_t lost_by_perf;
	unsigned int consumed; /* records since the last probes_consume() began */
	enum marker marker;
	__u32 tgid; /* of the JVM in the initial pid namespace: the key of the maps */
	struct target target; /* the description of the JVM for the programs */
	char why[256]; /* what could not be attached, and why; empty if nothing failed */
	char hint[160]; /* how to fix it */
};

/*
 * Creates the map that the watchdog shares, before the helper forks. Without BPF, there is no such
 * map, and state is NULL.
 */
void probes_prepare(struct probes *probes);

/*
 * Instead of probes_prepare() and probes_load(), for a worker of the daemon: uses the programs that
 * its parent has loaded, in a slot that is free.
 */
void probes_share(struct probes *probes, struct programs *programs, unsigned int slot);

/* Whether there are programs: before probes_open(), those that were loaded in advance. */
bool probes_have_bpf(const struct probes *probes);

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
