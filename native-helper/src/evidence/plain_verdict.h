/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLAIN_VERDICT_H
#define PLAIN_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "evidence/evidence.h"
#include "jmortem.h"

/*
 * One line about a death, written by the helper itself where there is no report yet: no reporter
 * could be started, or it may not have the time to finish. It says how the process ended, who sent
 * the signal if that was recorded, and how HotSpot's log begins.
 */
struct plain_verdict {
	bool has_status;
	uint32_t status; /* as wait(2) gives it */
	struct signal_sent_event sent; /* the last signal; sig 0: none */
	uint64_t memory_left; /* at the end, in bytes; 0: not known, or none */
};

void plain_verdict_line(const struct plain_verdict *verdict, const struct evidence *evidence,
			char *line, size_t size);

/*
 * Also copies that log to the report's directory, for the report that is made later. Returns the
 * category and how sure it is, as the first line of a report has them: "killed (possible)".
 */
const char *plain_verdict_write(const struct plain_verdict *verdict,
				const struct evidence *evidence, char *line, size_t size);

#endif
