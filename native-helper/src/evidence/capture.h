/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include "evidence/events.h"
#include "process/freeze.h"
#include "process/threads.h"

/*
 * Both copy the kernel's files into the evidence as text, without parsing them: events "proc_file"
 * and "cgroup_file". Files that can't be read (the process has ended) are left out. Identity does
 * not change, and is lost with the process: command line, links, limits, cgroup. State is what
 * matters at the end; at most most_maps bytes of the mappings are read.
 */
void capture_identity(struct evidence *evidence);
void capture_state(struct evidence *evidence, size_t most_maps);

/* How much capture_state() reads of the mappings if memory is not short. */
#define CAPTURE_MAX_MAPS (16 * 1024 * 1024)

/*
 * Writes an event "thread" for each thread, with its registers if it was stopped; the list gets
 * them, too. Ends with a problem at deadline_ns, or when the events exceed the number of bytes.
 */
void capture_threads(struct evidence *evidence, const struct frozen *frozen,
		     struct thread_list *threads, enum moment moment, uint64_t deadline_ns,
		     size_t most);

/* The command line that the agent told, each argument ended by 0x1f; NULL: it told none. */
void capture_told_command_line(struct evidence *evidence, const char *told);

/* The agent's last rolling snapshot, if there is one: event "snapshot". */
void capture_snapshot(struct evidence *evidence);

#endif
