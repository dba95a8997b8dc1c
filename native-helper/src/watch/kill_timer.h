/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KILL_TIMER_H
#define KILL_TIMER_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/*
 * Kills this process if it is blocked too long while it holds the JVM; that ends every ptrace stop.
 * The timer is created when arming, because a full cgroup has no memory for it later. If it can't
 * be created, we continue without it.
 */
struct kill_timer {
	timer_t timer; /* 0 is a valid one */
	bool exists;
	volatile uint64_t *ends_at_ns; /* receives the time of the kill; NULL: not needed */
};
void kill_timer_create(struct kill_timer *kill_timer);
/* since_ns: when the time of the patience began. */
void kill_timer_set(const struct kill_timer *kill_timer, uint64_t since_ns, uint64_t patience_ns);
void kill_timer_stop(const struct kill_timer *kill_timer);

#endif
