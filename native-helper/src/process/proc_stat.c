// SPDX-License-Identifier: Apache-2.0
#include "process/proc_stat.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

bool proc_stat_read(int dir_fd, const char *path, char *state, int *parent)
{
	struct text stat = {};
	const char *comm_end = NULL;
	bool found = false;

	if (text_read_file(&stat, dir_fd, path, 4096) == 0) {
		text_append(&stat, "", 1);
		comm_end = stat.data ? strrchr(stat.data, ')') : NULL;
	}
	if (comm_end)
		found = sscanf(comm_end, ") %c %d", state, parent) == 2;
	text_free(&stat);
	return found;
}
