/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KILL_TIMER_H
#define KILL_TIMER_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/*
 * Ends this process, and by that every ptrace stop, should anything hold us up for so
 * long while we hold the JVM. Made when arming: in a cgroup without memory there would be
 * none for a timer. Without one there is none, which is no reason to stop.
 */
struct kill_timer {
	timer_t timer; /* 0 is a valid one */
	bool exists;
	volatile uint64_t *ends_at_ns; /* where that time is noted; NULL: nowhere */
};
void kill_timer_create(struct kill_timer *kill_timer);
/* since_ns: of the time that the patience is for, what has passed begins there. */
void kill_timer_set(const struct kill_timer *kill_timer, uint64_t since_ns, uint64_t patience_ns);
void kill_timer_stop(const struct kill_timer *kill_timer);

#endif
