/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SCHEDULING_H
#define SCHEDULING_H

#include <stdbool.h>

/*
 * How this process shares the CPU with the rest of the machine. Each setting needs a privilege
 * (CAP_SYS_NICE); without it nothing changes, and nothing is said.
 */

/* This process leads a session of its own (setsid(2)): its autogroup gets nice -20 (sched(7)). */
void scheduling_own_session(void);

/*
 * Nice -20: for a process that sleeps until a JVM starts or dies, and that others then wait for.
 * It runs first, and still shares the CPU. Children do not inherit it.
 */
void set_high_priority(void);

/* As other processes, with its children: nobody waits for what follows. */
void set_normal_priority(void);

/* SCHED_RR, before anything else of the machine, while a process is held and waits for us. */
void set_realtime_priority(bool wanted);

#endif
