/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLAIN_VERDICT_H
#define PLAIN_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "evidence/evidence.h"
#include "jmortem.h"

/*
 * What the helper can say by itself of a death that no reporter could be started for: there may be
 * no process or memory left for one. In one line: how the process ended, who sent the signal if
 * that was seen, what HotSpot's log begins with if it lies where it usually does.
 */
struct plain_verdict {
	bool has_status;
	uint32_t status; /* as wait(2) gives it */
	struct signal_sent_event sent; /* the last one; sig 0: none */
};

/* Puts a copy of that log into the report's directory too, for the report that is made later. */
void plain_verdict_write(const struct plain_verdict *verdict, const struct evidence *evidence,
			 char *line, size_t size);

#endif
