/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUOTA_H
#define QUOTA_H

#include <stdbool.h>

/*
 * How many JVMs of one user may be watched at once by what root has installed or started. Each
 * has BPF programs of its own, which every signal of the host runs through.
 */
#define WATCHES_A_USER 16

/*
 * Whether our user has so many helpers besides this one that file capabilities may not be lent to
 * another. Of two that ask at the same time at least one counts the other.
 */
bool quota_is_reached(void);

#endif
