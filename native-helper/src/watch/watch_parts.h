/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WATCH_PARTS_H
#define WATCH_PARTS_H

#include "watch/watch.h"

/*
 * What the parts of a watch ask of one another: watch.c waits, watch_records.c says what each
 * record means, watch_exit.c looks at the exit, watch_report.c has the report made.
 */

#define REPORT_PATIENCE_NS (60 * NANOS_PER_SECOND)

/* Wakes the watch when fd is readable; -1 is none. Returns 0, or -1 with errno. */
int watch_add(const struct watch *watch, int fd);

/* What children have ended: reporter, walkers, the thread that is held. */
void watch_reap_children(struct watch *watch);

/* Decisive evidence was seen. how: what BPF did or wants done to stop the process, at time_ns. */
void watch_on_death(struct watch *watch, enum freeze how, uint64_t time_ns);

/* Should this process be killed from now on, the watchdog makes the report. */
void watch_note_death(const struct watch *watch);

/*
 * From here on the evidence goes to disk as it comes. Not as long as a thread is held: a
 * disk may hang, and the process would with it.
 */
void watch_save_evidence(struct watch *watch);

/* The thread that is held is in its exit. The process's other threads are gone or going. */
void watch_on_exit_stop(struct watch *watch);

/* Whether a process that ended with this status (wait(2)) has a report. */
bool watch_is_worth_a_report(const struct watch *watch, uint32_t status);

/* By BPF; by the kernel's word on the process itself; by that on the thread that was held. */
void watch_find_status(struct watch *watch);

/* Waits until the walkers have written what they found, at most until deadline_ns. */
void watch_finish_walks(struct watch *watch, uint64_t deadline_ns);

/* Has the report made, at most until deadline_ns. */
void watch_report(struct watch *watch, uint64_t deadline_ns);

/* Where the reporter made none: the evidence, and one line of what it says. */
void watch_publish_without_reporter(struct watch *watch);

#endif
