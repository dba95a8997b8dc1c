/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LOADING_H
#define LOADING_H

#include <pthread.h>
#include <stdbool.h>

#include "base/config.h"
#include "probes/probes.h"
#include "process/jvm.h"

/*
 * Loads BPF in a thread of its own, while the JVM is held already. Loading takes a quarter of a
 * second, or seconds where the CPU is limited, and a JVM that exits meanwhile must not wait for it.
 * The thread uses nothing but what stands here; the probes belong to it until it has ended.
 */
struct loading {
	struct probes *probes;
	const struct config *config;
	const struct jvm *jvm;
	record_handler handler;
	void *context;
	pthread_t thread;
	volatile pid_t tid; /* 0: it has not begun */
	int end_fd; /* readable when it has ended; only while it runs */
	bool is_running;
};

/* Starts the thread. The fields above thread must be set. Returns 0 or -errno. */
int loading_start(struct loading *loading);

/* Whether it has just ended: true once. */
bool loading_has_ended(struct loading *loading);

/* The JVM is dying: what is still loaded is of no use, and must not take its CPU. */
void loading_give_way(const struct loading *loading);

#endif
