/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARKER_H
#define MARKER_H

#include "jmortem.h"

/* The names of enum marker in the configuration, in evidence and in messages. */

/* Returns "unknown" for a number that is not a marker. */
const char *marker_name(enum marker marker);

/* Returns the marker that can be requested by this name, or -1. */
int marker_of_option(const char *name);

#endif
