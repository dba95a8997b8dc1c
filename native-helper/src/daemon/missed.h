/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MISSED_H
#define MISSED_H

#include "base/config.h"

/*
 * Deaths that nobody saw, because the daemon and its watches were gone: their entries (entry.h) are
 * left, unlocked, and the process has ended. Each becomes a line of the history, and is removed.
 */
void missed_deaths(const struct config *config);

#endif
