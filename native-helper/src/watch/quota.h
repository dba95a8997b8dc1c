/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUOTA_H
#define QUOTA_H

#include <stdbool.h>

/*
 * How many JVMs of one user may be watched at once by a helper that root has installed or started.
 * Each watch has its own BPF programs, which run for every signal of the host.
 */
#define WATCHES_A_USER 16

/*
 * Whether our user has so many other helpers that this one may not use its file capabilities. If
 * two helpers ask at the same time, at least one of them counts the other.
 */
bool quota_is_reached(void);

#endif
