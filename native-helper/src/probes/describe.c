// SPDX-License-Identifier: Apache-2.0
#include "probes/probes_parts.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>

#include "evidence/events.h"

#define STATE(number, name, how) [number] = { name, how },
static const struct probe_state kinds[PROBES] = { EACH_PROBE(STATE) };
#undef STATE

void probes_describe(const struct probes *probes, struct armed *armed, struct probe_state *states)
{
	armed->has_bpf = probes->skel;
	armed->missing = *probes->why ? probes->why : NULL;
	if (!probes->skel)
		return;
	armed->marker = probes->marker;
	armed->buffer = probes->ring_buffer ? "ring buffer" : "perf event array";
	armed->registers = probes->kernel.has_task_pt_regs ? "bpf_task_pt_regs" : "kernel stack";
	for (size_t i = 0; i < PROBES; i++)
		states[i] = (struct probe_state) {
			kinds[i].name,
			probes->attached[i] ? kinds[i].how : NULL,
		};
	armed->probes = states;
	armed->probe_count = PROBES;
}

static uint64_t sum_over_cpus(int fd, const void *key)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t *values = cpus > 0 ? calloc((size_t)cpus, sizeof(*values)) : NULL;
	uint64_t sum = 0;

	if (values && bpf_map_lookup_elem(fd, key, values) == 0)
		for (int i = 0; i < cpus; i++)
			sum += values[i];
	free(values);
	return sum;
}

/* The number of entries of the map. */
#define MAX_BENIGN 512

static size_t count_benign(const struct probes *probes, struct benign_count counts[MAX_BENIGN])
{
	int fd = bpf_map__fd(probes->skel->maps.benign);
	struct benign_key key, *previous = NULL;
	size_t count = 0;

	while (count < MAX_BENIGN && bpf_map_get_next_key(fd, previous, &key) == 0) {
		counts[count++] = (struct benign_count) {
			.signo = key.sig,
			.code = key.code,
			.count = sum_over_cpus(fd, &key),
		};
		previous = &key;
	}
	return count;
}

void probes_count(const struct probes *probes, struct evidence *evidence)
{
	struct benign_count benign[MAX_BENIGN];
	__u32 zero = 0;

	if (!probes->skel)
		return;
	event_counters(evidence, benign, count_benign(probes, benign),
		       sum_over_cpus(bpf_map__fd(probes->skel->maps.lost), &zero) +
			       probes->lost_by_perf);
}
