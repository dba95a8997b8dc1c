// SPDX-License-Identifier: Apache-2.0
#include "base/marker.h"

#include <stddef.h>
#include <string.h>

static const char *const names[] = {
	[MARKER_NONE] = "none",		[MARKER_UPROBE] = "uprobe",	[MARKER_FENTRY] = "fentry",
	[MARKER_SYSCALLS] = "syscalls", [MARKER_DELIVERY] = "delivery", [MARKER_END] = "end",
};

const char *marker_name(enum marker marker)
{
	return (size_t)marker < sizeof(names) / sizeof(*names) ? names[marker] : "unknown";
}

int marker_of_option(const char *name)
{
	/* the last one accompanies each of the others, and can't be requested */
	for (int i = 0; i < MARKER_END; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return -1;
}
