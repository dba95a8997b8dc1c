/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SCHEDULING_H
#define SCHEDULING_H

#include <stdbool.h>

/*
 * Scheduling priorities of this process. Each setting requires CAP_SYS_NICE; without it, nothing
 * changes, and no message is written.
 */

/* For a session leader (setsid(2)): gives its autogroup nice -20 (sched(7)). */
void scheduling_own_session(void);

/*
 * Sets nice -20, for a process that sleeps until a JVM starts or dies, and that others then wait
 * for. It runs first, but still shares the CPU. Children do not inherit it.
 */
void set_high_priority(void);

/* The same, also for children: for short steps of our own code, before other programs are started.
 */
void set_high_priority_for_children(void);

/* Sets the normal priority for this process and its children: nobody waits for them now. */
void set_normal_priority(void);

/* Sets SCHED_RR, so that we run before other processes while the JVM is held. */
void set_realtime_priority(bool wanted);

#endif
