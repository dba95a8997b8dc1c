/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include "evidence/events.h"
#include "process/freeze.h"
#include "process/threads.h"

/*
 * Both copy what the kernel's files say into the evidence, as text and unread:
 * events "proc_file" and "cgroup_file". What can't be read (it has ended) is left
 * out. Identity is what does not change and is gone with the process: command
 * line, links, limits, cgroup. State is what counts at the end; of the mappings no more
 * than so many bytes are read, or none.
 */
void capture_identity(struct evidence *evidence);
void capture_state(struct evidence *evidence, size_t most_maps);

/* What capture_state() may take of the mappings where there is no shortage. */
#define CAPTURE_MAX_MAPS (16 * 1024 * 1024)

/*
 * One event "thread" for each, with its registers where it was stopped; the list gets
 * them too. Ends with a problem at deadline_ns, or when the events take so many bytes.
 */
void capture_threads(struct evidence *evidence, const struct frozen *frozen,
		     struct thread_list *threads, enum moment moment, uint64_t deadline_ns,
		     size_t most);

/* The agent's last rolling snapshot, if there is one: event "snapshot". */
void capture_snapshot(struct evidence *evidence);

#endif
