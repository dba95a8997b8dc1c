/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROCESS_TREE_H
#define PROCESS_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct grown_process;

/* Called for the root or a descendant that may be a JVM, perhaps repeatedly. */
typedef void (*process_handler)(void *context, const struct grown_process *process);

/*
 * A command and its descendants, or all processes of the host. BPF (bpf/tree.bpf.c) reports them
 * from their first instruction. Without BPF, all processes are checked when a known libjvm.so is
 * opened, and at an interval. Then processes whose parent has ended are found only if an ancestor
 * is a subreaper (prctl(2)).
 */
struct process_tree {
	struct tree *skel; /* NULL: no BPF here */
	int err; /* and why: errno */
	struct ring_buffer *ring_buffer;
	int inotify; /* -1 with BPF */
	unsigned int looks_left; /* check soon, because the opened file is about to be mapped */
	pid_t root; /* 0: not known yet */
	bool is_whole_host;
	uint64_t lost; /* announcements, as they were counted last */
	process_handler handler;
	void *context;
};

/* java: a known launcher. */
void process_tree_open(struct process_tree *tree, const char *java, process_handler handler,
		       void *context);

/* The same for all processes. The handler is called for those that run already. */
void process_tree_open_host(struct process_tree *tree, const char *java, process_handler handler,
			    void *context);

/* Sets the root: a process that has not run yet; its descendants will be included. */
void process_tree_set_root(struct process_tree *tree, pid_t root);

/* Closes the descriptors of this process; others may have them, too. */
void process_tree_close(struct process_tree *tree);

/* Readable when there is something to consume. */
int process_tree_fd(const struct process_tree *tree);

/* After how many milliseconds to consume even if nothing is readable; -1: never. */
int process_tree_timeout(const struct process_tree *tree);

void process_tree_consume(struct process_tree *tree);

/* Adds a file of a JVM that was not known before. */
void process_tree_learn(struct process_tree *tree, const char *libjvm);

#endif
