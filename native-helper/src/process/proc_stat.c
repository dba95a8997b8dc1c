// SPDX-License-Identifier: Apache-2.0
#include "process/proc_stat.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* From the end of the name on; NULL if there is none. */
static const char *read_fields(struct text *stat, int dir_fd, const char *path)
{
	if (text_read_file(stat, dir_fd, path, 4096))
		return NULL;
	text_append(stat, "", 1);
	return stat->data ? strrchr(stat->data, ')') : NULL;
}

bool proc_stat_read(int dir_fd, const char *path, char *state, int *parent)
{
	struct text stat = {};
	const char *fields = read_fields(&stat, dir_fd, path);
	bool found = fields && sscanf(fields, ") %c %d", state, parent) == 2;

	text_free(&stat);
	return found;
}

#define FIELDS_BEFORE_START 20 /* starttime is the 22nd, after pid and name */

bool proc_stat_start(int dir_fd, const char *path, uint64_t *ticks)
{
	struct text stat = {};
	const char *at = read_fields(&stat, dir_fd, path);

	for (int i = 0; at && i < FIELDS_BEFORE_START; i++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	at = at && sscanf(at, "%" SCNu64, ticks) == 1 ? at : NULL;
	text_free(&stat);
	return at;
}
