/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MARKER_H
#define MARKER_H

#include "jmortem.h"

/* The words for enum marker: in the configuration, in evidence, in messages. */

/* "unknown" for a number that is no marker. */
const char *marker_name(enum marker marker);

/* Returns the one that may be asked for by this name, or -1. */
int marker_of_option(const char *name);

#endif
