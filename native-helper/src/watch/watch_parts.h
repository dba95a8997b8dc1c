/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WATCH_PARTS_H
#define WATCH_PARTS_H

#include "watch/watch.h"

/*
 * Functions that the parts of a watch share: watch.c waits, watch_records.c handles records,
 * watch_exit.c handles the exit, watch_report.c has the report made.
 */

#define REPORT_PATIENCE_NS (60 * NANOS_PER_SECOND)

/* Wakes the watch when fd is readable; -1 is none. Returns 0, or -1 with errno. */
int watch_add(const struct watch *watch, int fd);

/* Reaps children and tracees: reporter, walkers, the held thread. */
void watch_reap_children(struct watch *watch);

/* For decisive evidence at time_ns. how: what BPF did, or what must be done to stop the process. */
void watch_on_death(struct watch *watch, enum freeze how, uint64_t time_ns);

/* From now on, the watchdog makes the report if this process is killed. */
void watch_note_death(const struct watch *watch);

/*
 * From now on, the evidence is written to disk at once. This must not be called while a thread is
 * held: if the disk hangs, the process would hang, too.
 */
void watch_save_evidence(struct watch *watch);

/* The held thread is in its exit. The other threads have ended or are ending. */
void watch_on_exit_stop(struct watch *watch);

/* Whether the process ended because of a SIGTERM: then its exit shows nothing new. */
bool watch_ended_as_asked(const struct watch *watch, uint32_t status);

/* Whether a process that ended with this status (wait(2)) has a report. */
bool watch_is_worth_a_report(const struct watch *watch, uint32_t status);

/* Finds the status: from BPF, from the pidfd, or from the held thread. */
void watch_find_status(struct watch *watch);

/* Waits until the walkers have written their results, at most until deadline_ns. */
void watch_finish_walks(struct watch *watch, uint64_t deadline_ns);

/*
 * Whether there must be a report, or a termination message, before the process is released; also
 * finds where the message is.
 */
bool watch_must_report_first(struct watch *watch);

/* Lets the reporter make the report, at most until deadline_ns. */
void watch_report(struct watch *watch, uint64_t deadline_ns);

/*
 * The same while the process is held, at most until deadline_ns. If the reporter takes longer, it
 * goes on, and watch_end() waits for it. Returns whether the report is made.
 */
bool watch_report_until(struct watch *watch, uint64_t deadline_ns);

/* The verdict in one line, as far as it is known without a report. */
void watch_plain_line(struct watch *watch, char *line, size_t size);

/* If there is no report: publishes the evidence, and writes one line about the death. */
void watch_publish_without_reporter(struct watch *watch);

#endif
