// SPDX-License-Identifier: Apache-2.0
#include "probes/probes_parts.h"

#include <signal.h>

#include "evidence/events.h"

#define STATE(number, name, how) [number] = { name, how },
static const struct probe_state kinds[PROBES] = { EACH_PROBE(STATE) };
#undef STATE

void probes_describe(const struct probes *probes, struct armed *armed, struct probe_state *states)
{
	armed->has_bpf = probes_have_bpf(probes);
	armed->missing = *probes->why ? probes->why : NULL;
	if (!armed->has_bpf)
		return;
	armed->marker = probes->marker;
	armed->buffer = probes->ring_buffer ? "ring buffer" : "perf event array";
	armed->registers =
		probes->programs->kernel.has_task_pt_regs ? "bpf_task_pt_regs" : "kernel stack";
	for (size_t i = 0; i < PROBES; i++)
		states[i] = (struct probe_state) {
			kinds[i].name,
			probes->attached[i] || probes->programs->attached[i] ? kinds[i].how : NULL,
		};
	armed->probes = states;
	armed->probe_count = PROBES;
}

static size_t count_benign(volatile const struct watch_state *state, struct benign_count *counts)
{
	static const int signals[] = { SIGSEGV, SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGKILL };
	size_t count = 0;

	for (size_t place = 0; place < BENIGN_PLACES; place++) {
		int code = (int)(place % BENIGN_CODES) + FIRST_BENIGN_CODE;

		if (state->benign[place])
			counts[count++] = (struct benign_count) {
				.signo = signals[place / BENIGN_CODES],
				.code = place % BENIGN_CODES == BENIGN_CODES - 1 ? SI_KERNEL : code,
				.count = state->benign[place],
			};
	}
	return count;
}

void probes_count(const struct probes *probes, struct evidence *evidence)
{
	struct benign_count benign[BENIGN_PLACES];

	if (probes_have_bpf(probes))
		event_counters(evidence, benign, count_benign(probes->state, benign),
			       probes->state->lost + probes->lost_by_perf);
}
