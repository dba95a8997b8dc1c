/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_H
#define WORLD_H

#include "test.h"

#include "evidence/evidence.h"

/* Evidence that stays in memory, of a JVM that is not there. */
struct world {
	struct config config;
	struct jvm jvm;
	struct evidence evidence;
};

static int set_up_world(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return -1;
	world->config = (struct config) { .dir = "/d",
					  .fallback_dir = "/f",
					  .freeze_option = "auto",
					  .java = "/j",
					  .jar = "/a" };
	evidence_init(&world->evidence, &world->config, &world->jvm);
	*state = world;
	return 0;
}

static int tear_down_world(void **state)
{
	struct world *world = *state;

	evidence_close(&world->evidence);
	free(world);
	return 0;
}

#endif
