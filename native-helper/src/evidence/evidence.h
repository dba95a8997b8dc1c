/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/config.h"
#include "base/json.h"
#include "process/jvm.h"
#include "process/jvm_threads.h"

#define REPORT_ID_LEN 128

/* When the JVM was looked at. */
enum moment {
	MOMENT_REQUEST, /* it was asked to end */
	MOMENT_FAULT, /* HotSpot gave up, or abort() was called */
	MOMENT_EXIT, /* it was in its exit: its threads gone, its memory still there */
};

/* What could not be had. */
enum part {
	PART_STACKS, /* Java's, by the walker */
	PART_THREADS, /* registers and names of threads */
	PART_FREEZE, /* the stop of all threads */
	PART_RECORDS, /* BPF's */
	PART_LINES, /* of evidence */
	PART_REPORTER, /* the process that makes the report */
	PART_DIR, /* a place for reports */
};

/*
 * evidence.ndjson of one death. Lines are collected in memory until the death is
 * certain, then go to disk at once, and from then on as they come. Everything
 * stays in memory too, so that a disk that fills up loses nothing: the whole is
 * written again in the next place.
 */
struct evidence {
	const struct config *config;
	const struct jvm *jvm;
	struct text lines;
	struct json json; /* of the line that is being written */
	size_t line_at; /* where the line begins that is being written */
	size_t written; /* bytes of lines that are on disk */
	time_t begun; /* when the process began to be watched: what is older is not of its death */
	int64_t clock_offset_ns; /* CLOCK_REALTIME minus CLOCK_MONOTONIC */
	unsigned int next_id; /* of an event: "e1", "e2", ... */
	unsigned int place; /* of the candidates for the directory */
	unsigned int left_out; /* lines beyond the bound */
	bool is_complete; /* what is still said has no bound */
	struct jvm_user user; /* as it was last seen */
	int cwd_fd; /* its working directory, as it was last seen; -1: unknown */
	int cgroup_fd; /* its memory cgroup, as it was first seen; -1: unknown */
	unsigned int cgroup_levels; /* how many there are above */
	bool opened;
	int fd; /* evidence.ndjson, -1 while there is none */
	int dir_fd; /* the report's directory; -1 while there is none */
	int parent_fd; /* the directory that it is in: ours alone */
	char parent[PATH_MAX];
	char id[REPORT_ID_LEN];
	char path[PATH_MAX]; /* of the report's directory, still under its temporary name */
};

void evidence_init(struct evidence *evidence, const struct config *config, const struct jvm *jvm);

/*
 * Memory for the lines which a process shares with its later children; .data is NULL where there
 * is none. To be put into evidence->lines before the first of them.
 */
struct text evidence_shared_memory(void);

/*
 * For another process's evidence that is in shared memory, when that process was killed: takes
 * over what whole lines there are, and the directory. Returns false where it is published already.
 */
bool evidence_inherit(struct evidence *evidence);

/*
 * Takes the memory of the lines that a death takes where little is left: it could not be taken
 * then.
 */
void evidence_reserve(struct evidence *evidence);

/* Begins an event's line; the caller adds fields to ->json, then calls _end. */
struct json *evidence_begin(struct evidence *evidence, const char *event, uint64_t monotonic_ns);
void evidence_end(struct evidence *evidence);

/*
 * Takes back all lines from so many bytes on, if none is on disk yet: what was seen when
 * the process was asked to end, and then was asked again.
 */
void evidence_rewind(struct evidence *evidence, size_t len);

/* Adds the field "moment" to the event that is being written. */
void evidence_moment(struct json *json, enum moment moment);

/* Something that could not be done or read. */
void evidence_problem_at(struct evidence *evidence, enum part part, enum moment moment,
			 const char *format, ...) __attribute__((format(printf, 4, 5)));
void evidence_problem(struct evidence *evidence, enum part part, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Makes the report's directory, in the first place that can be written and that nobody else can
 * write to, and puts all lines there. Returns false where no place can; that has been said on
 * stderr.
 */
bool evidence_open(struct evidence *evidence);

/* Leaves a place that could not be written to, for the next one. False: there is none. */
bool evidence_move(struct evidence *evidence, int err);

/*
 * For when there is no reporter to do it: gives the directory its final name.
 * The path is the final one afterwards.
 */
void evidence_publish(struct evidence *evidence);

/* Where the report is, if it was published. False where not: there was nothing to report. */
bool evidence_find_published(const struct evidence *evidence, char *path, size_t size);

void evidence_close(struct evidence *evidence);

#endif
