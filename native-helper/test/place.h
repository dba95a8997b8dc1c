/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLACE_H
#define PLACE_H

#include "test.h"

/* A directory of the test's own, and a descriptor of it. */
static char place[64];
static int dir;

static int set_up_place(void **state)
{
	(void)state;
	if (!make_place(place, sizeof(place)))
		return -1;
	dir = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return dir < 0;
}

static int tear_down_place(void **state)
{
	(void)state;
	close(dir);
	return remove_all_of(place);
}

#endif
