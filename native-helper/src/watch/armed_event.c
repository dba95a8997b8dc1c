// SPDX-License-Identifier: Apache-2.0
#include "watch/armed_event.h"

#include <stdio.h>
#include <string.h>

#include "evidence/events.h"

void armed_event_write(struct evidence *evidence, const struct config *config,
		       const struct probes *probes, int hold_err, const char *level)
{
	int mem_fd = evidence->jvm->mem_fd;
	struct probe_state states[PROBES];
	char memory[64], hold[64];
	struct armed armed = { .level = level };

	if (mem_fd < 0) {
		(void)snprintf(memory, sizeof(memory), "%s", strerror(-mem_fd));
		armed.memory = memory;
	}
	if (hold_err) {
		(void)snprintf(hold, sizeof(hold), "%s",
			       config->hold ? strerror(-hold_err) : "hold=off");
		armed.hold = hold;
	}
	probes_describe(probes, &armed, states);
	event_armed(evidence, &armed);
}
