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

#define EVIDENCE_FILE "evidence.ndjson"
#define REPORT_FILE "report.json" /* of a whole report: the reporter writes it last */

/* The moment of an inspection. */
enum moment {
	MOMENT_REQUEST, /* a SIGTERM */
	MOMENT_FAULT, /* a fatal error of HotSpot, or abort() */
	MOMENT_EXIT, /* the exit: the threads are gone, the memory still exists */
};

/* What a problem is about. */
enum part {
	PART_STACKS, /* Java stacks, from the walker */
	PART_THREADS, /* registers and names of threads */
	PART_FREEZE, /* the stop of all threads */
	PART_RECORDS, /* records of BPF */
	PART_LINES, /* lines of evidence */
	PART_REPORTER, /* the process that makes the report */
	PART_DIR, /* a directory for reports */
};

/*
 * evidence.ndjson of one death. Lines are collected in memory until the death is certain. Then they
 * are written to disk, and later lines at once. All lines also stay in memory, so that a full disk
 * loses nothing: everything is written again to the next directory.
 */
struct evidence {
	const struct config *config;
	const struct jvm *jvm;
	struct text lines;
	struct json json; /* of the current line */
	size_t line_at; /* where the current line begins */
	size_t written; /* how many bytes of the lines are on disk */
	time_t begun; /* when the watch began: older files do not belong to this death */
	int64_t clock_offset_ns; /* CLOCK_REALTIME minus CLOCK_MONOTONIC */
	unsigned int next_id; /* number of the last event: "e1", "e2", ... */
	unsigned int place; /* index of the current directory */
	unsigned int left_out; /* lines beyond the bound */
	bool is_complete; /* the last events have no bound */
	struct jvm_user user; /* its last known value */
	int cwd_fd; /* its last known working directory; -1: unknown */
	int cgroup_fd; /* its first known memory cgroup; -1: unknown */
	unsigned int cgroup_levels; /* the number of cgroups above */
	bool has_command_line; /* read from the process itself */
	bool opened;
	bool is_published; /* the directory has its final name */
	int fd; /* evidence.ndjson; -1: not created yet */
	int dir_fd; /* the report's directory; -1: not created yet */
	int parent_fd; /* its parent directory, which only we can write */
	char parent[PATH_MAX];
	char id[REPORT_ID_LEN];
	char path[PATH_MAX]; /* of the report's directory, still under its temporary name */
};

void evidence_init(struct evidence *evidence, const struct config *config, const struct jvm *jvm);

/*
 * Allocates memory for the lines that is shared with later children; .data is NULL if that fails.
 * It must be put into evidence->lines before the first child is started.
 */
struct text evidence_shared_memory(void);

/*
 * Takes over the evidence of a killed process from shared memory: the complete lines, and the
 * directory. Returns false if the evidence is already published.
 */
bool evidence_inherit(struct evidence *evidence);

/*
 * Allocates the memory for the lines of a death now, because it may not be available then.
 */
void evidence_reserve(struct evidence *evidence);

/* Begins an event's line; the caller adds fields to ->json, then calls _end. */
struct json *evidence_begin(struct evidence *evidence, const char *event, uint64_t monotonic_ns);
void evidence_end(struct evidence *evidence);

/*
 * Removes all lines after this offset, if none is on disk yet: those of an earlier SIGTERM, for
 * instance.
 */
void evidence_rewind(struct evidence *evidence, size_t len);

/* Adds the field "moment" to the current event. */
void evidence_moment(struct json *json, enum moment moment);

/* Records that something could not be done or read. */
void evidence_problem_at(struct evidence *evidence, enum part part, enum moment moment,
			 const char *format, ...) __attribute__((format(printf, 4, 5)));
void evidence_problem(struct evidence *evidence, enum part part, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Creates the report's directory in the first place that only we can write, and writes all lines
 * there. If there is no such place, writes a message to stderr and returns false.
 */
bool evidence_open(struct evidence *evidence);

/* Moves from a place that can't be written to the next one. False if there is none. */
bool evidence_move(struct evidence *evidence, int err);

/*
 * Gives the directory its final name, if there is no reporter to do so. Afterwards, path is the
 * final path.
 */
void evidence_publish(struct evidence *evidence);

/* Whether the directory still holds the evidence: the reporter removes it if nobody has died. */
bool evidence_is_there(const struct evidence *evidence);

/* Removes the directory, which holds no other files: there is nothing to report. */
void evidence_withdraw(struct evidence *evidence);

/* The path of the published report. False if there was nothing to report. */
/*
 * Opens a directory of reports that exists. Returns a descriptor or -errno: EPERM if others could
 * change what is in it.
 */
int evidence_open_reports(const char *path);

/* Whether the directory is published and has a whole report, so that nothing is left to do. */
bool evidence_has_report(const struct evidence *evidence);
bool evidence_find_published(const struct evidence *evidence, char *path, size_t size);

void evidence_close(struct evidence *evidence);

#endif
