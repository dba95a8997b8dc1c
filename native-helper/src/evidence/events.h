/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVENTS_H
#define EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "evidence/evidence.h"
#include "process/pod.h"
#include "process/threads.h"

/*
 * The events that the helper itself writes, one function for each; record.h has those of BPF.
 * schema/evidence.schema.json describes all fields. test/samples.c writes one of each event, which
 * Java compares with the schema. Times are CLOCK_MONOTONIC nanoseconds.
 */

/* The version of the schema: a new field or event raises the second number. */
#define EVIDENCE_SCHEMA "1.1"

struct probe_state {
	const char *name; /* of what is attached to */
	const char *how; /* the kind of program; NULL: not attached */
};

/* The data of the event "armed"; a text is NULL if there is nothing to say. */
struct armed {
	const char *level; /* full, memory, kernel or agent */
	const char *memory; /* why the JVM's memory can't be read */
	const char *hold; /* why the JVM can't be held in its exit */
	bool has_bpf;
	enum marker marker;
	const char *buffer, *registers; /* how records and registers are read */
	const char *missing; /* what could not be attached, and why */
	const struct probe_state *probes;
	size_t probe_count;
};

struct benign_count {
	int32_t signo, code;
	uint64_t count;
};

void event_armed(struct evidence *evidence, const struct armed *armed);

/* What the JVM's agent said to the daemon, as it is in effect. */
void event_told(struct evidence *evidence, const struct config *said);

/* The JVM ended before it was watched. */
void event_ended_early(struct evidence *evidence);

/* The worker was killed by sig; too_late: by its own timer. */
void event_helper_lost(struct evidence *evidence, int sig, bool too_late);

/* The content of a file or link. level: of a cgroup, how far above the JVM's own. */
enum text_kind { TEXT_PROC_FILE, TEXT_CGROUP_FILE, TEXT_SNAPSHOT };
void event_text(struct evidence *evidence, enum text_kind kind, const char *name,
		const struct text *text, unsigned int level);

void event_frozen(struct evidence *evidence, enum moment moment, enum freeze by, size_t threads,
		  uint64_t start_ns);
void event_released(struct evidence *evidence, enum moment moment, uint64_t start_ns);

/* regs: all known registers; NULL: only those in thread, if there are any. */
void event_thread(struct evidence *evidence, enum moment moment, uint64_t time_ns,
		  const struct thread *thread, bool stopped, const struct user_registers *regs);

/* dump: the walker's JSON object, on one line. */
void event_stacks(struct evidence *evidence, enum moment moment, uint64_t start_ns,
		  const struct text *dump);

/* The held thread is in its exit; status: as wait(2) will return it. */
void event_exiting(struct evidence *evidence, uint32_t status);

/* The process has ended, and BPF did not report it. */
void event_exit(struct evidence *evidence, uint32_t status);

/* The pod of the process; what is unknown is empty. */
void event_pod(struct evidence *evidence, const struct pod *pod);

void event_kernel_log(struct evidence *evidence, uint64_t time_ns, const char *line);

/* The counters of BPF, and the number of lost records. */
void event_counters(struct evidence *evidence, const struct benign_count *benign, size_t count,
		    uint64_t lost);

/* The last event: the evidence is complete, except for lines beyond the bound, which it counts. */
void event_complete(struct evidence *evidence, bool has_status);

/* Fields and words that several events share. */
const char *freeze_name(enum freeze freeze);
void json_registers(struct json *json, const struct user_registers *regs);

#endif
