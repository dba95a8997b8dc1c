/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TURN_H
#define TURN_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whose turn it is to have a JVM walked. Where many die at once, as many are walked at a time as
 * there are CPUs: all together none would be done by its deadline. The turns are locks on bytes of
 * a file of this user's, which nobody else can open, and which go with the process that holds them.
 * Where there can be no such file everybody has a turn.
 */
struct turn {
	int fd; /* -1: there is no file */
	unsigned int at_once;
	bool is_queued;
	unsigned int others; /* the most that were there while we were in the queue */
};

/* Where no other user can have a file of ours. */
void turn_open(struct turn *turn);

/* The same with this file. It is refused where somebody else may write to it. */
void turn_open_file(struct turn *turn, const char *path, unsigned int at_once);

/* Waits for a turn, until then (CLOCK_MONOTONIC). Returns false where it did not come. */
bool turn_take(struct turn *turn, uint64_t until_ns);

/* Gives it back, or leaves the queue. */
void turn_end(struct turn *turn);

/* How many others have one, or wait for it. */
unsigned int turn_others(const struct turn *turn);

/* Waits until nobody else has one or waits, until then at the latest. */
void turn_let_others(const struct turn *turn, uint64_t until_ns);

void turn_close(struct turn *turn);

#endif
