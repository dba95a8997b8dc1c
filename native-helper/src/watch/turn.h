/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TURN_H
#define TURN_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Turns for walks and for reports. If many JVMs die at once, only as many are walked at a time as
 * there are CPUs; otherwise none would meet its deadline. The same for reports, which would use up
 * the memory. A turn is a lock on a byte of a file that only this user can open; the lock ends with
 * its process. Without such a file, every process has a turn.
 */
enum turn_of { TURN_OF_WALKS, TURN_OF_REPORTS };

struct turn {
	int fd; /* -1: there is no file */
	unsigned int at_once;
	uint64_t look_again_ns; /* while waiting */
	bool is_queued;
	unsigned int others; /* the largest number of others while we were in the queue */
};

/* Opens the file in a directory where no other user can create it. */
void turn_open(struct turn *turn, enum turn_of of);

/* Opens this file. It is refused if others may write to it. */
void turn_open_file(struct turn *turn, const char *path, unsigned int at_once);

/* Waits for a turn until this time (CLOCK_MONOTONIC). Returns false if none was free. */
bool turn_take(struct turn *turn, uint64_t until_ns);

/* Returns the turn, or leaves the queue. */
void turn_end(struct turn *turn);

/* Whether another process has a turn or waits for one. */
bool turn_has_others(const struct turn *turn);

/* Waits until no other process has a turn or waits for one, at most until this time. */
void turn_let_others(const struct turn *turn, uint64_t until_ns);

void turn_close(struct turn *turn);

#endif
