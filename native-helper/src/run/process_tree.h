/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROCESS_TREE_H
#define PROCESS_TREE_H

#include <stdbool.h>
#include <sys/types.h>

/* Called for a process at or below the root that may be a JVM, perhaps again and again. */
typedef void (*process_handler)(void *context, pid_t pid);

/*
 * A command and its descendants, seen by BPF (bpf/tree.bpf.c) from their first instruction
 * on. Where there is no BPF: when somebody opens one of the libjvm.so that are known, and once
 * in a while, all processes are looked through. Those whose parent has ended are then found
 * only if a process above it is a subreaper (prctl(2)).
 */
struct process_tree {
	struct tree *skel; /* NULL: no BPF here */
	int err; /* and why: errno */
	struct ring_buffer *ring_buffer;
	int inotify; /* -1 with BPF */
	unsigned int looks_left; /* soon, since what was opened is about to be mapped */
	pid_t root;
	process_handler handler;
	void *context;
};

/* java: a launcher that is known to be there. */
void process_tree_open(struct process_tree *tree, const char *java, process_handler handler,
		       void *context);

/* From here on it is this process, which must not have run yet, and what will be below it. */
void process_tree_set_root(struct process_tree *tree, pid_t root);

/* Readable when there is something to consume. */
int process_tree_fd(const struct process_tree *tree);

/* After how many milliseconds to consume although there is nothing; -1: never. */
int process_tree_timeout(const struct process_tree *tree);

void process_tree_consume(struct process_tree *tree);

/* Processes of a JVM that was not known start from this file, too. */
void process_tree_learn(struct process_tree *tree, const char *libjvm);

#endif
