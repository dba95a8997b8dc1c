// SPDX-License-Identifier: Apache-2.0
#include "probes/probes_parts.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>

#include "base/clock.h"
#include "evidence/record.h"

void probes_describe(const struct probes *probes, struct json *json)
{
	json_begin_object(json, "probes");
	json_bool(json, "bpf", probes->skel);
	if (probes->skel) {
		json_string(json, "signal_deliver", "tp_btf");
		json_string(json, "signal_generate", "tp_btf");
		json_string(json, "sched_process_exit", "tp_btf");
		json_string(json, "marker", marker_name(probes->marker));
		json_string(json, "abort", probes->sees_abort ? "uprobe" : "none");
		json_string(json, "exit", probes->exit ? "uprobe" : "none");
		json_string(json, "mark_victim",
			    probes->skel->links.handle_mark_victim ? "tp_btf" : "none");
		json_string(json, "buffer",
			    probes->ring_buffer ? "ring buffer" : "perf event array");
		json_string(json, "registers",
			    probes->skel->rodata->has_task_pt_regs ? "bpf_task_pt_regs"
								   : "kernel stack");
	}
	if (*probes->why)
		json_string(json, "missing", probes->why);
	json_end_object(json);
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

static void count_benign(const struct probes *probes, struct json *json)
{
	int fd = bpf_map__fd(probes->skel->maps.benign);
	struct benign_key key, *previous = NULL;

	json_begin_array(json, "benign");
	while (bpf_map_get_next_key(fd, previous, &key) == 0) {
		json_begin_object(json, NULL);
		json_int(json, "si_signo", key.sig);
		json_int(json, "si_code", key.code);
		json_int(json, "count", (int64_t)sum_over_cpus(fd, &key));
		json_end_object(json);
		previous = &key;
	}
	json_end_array(json);
}

void probes_count(const struct probes *probes, struct evidence *evidence)
{
	struct json *json;
	__u32 zero = 0;

	if (!probes->skel)
		return;
	json = evidence_begin(evidence, "counters", monotonic_ns());
	count_benign(probes, json);
	json_int(json, "lost",
		 (int64_t)(sum_over_cpus(bpf_map__fd(probes->skel->maps.lost), &zero) +
			   probes->lost_by_perf));
	evidence_end(evidence);
}
