// SPDX-License-Identifier: Apache-2.0
#include "watch/armed_event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

static struct probes probes;

static int set_up(void **state)
{
	struct world *world;

	if (set_up_world(state))
		return -1;
	world = *state;
	world->config.hold = true;
	memset(&probes, 0, sizeof(probes));
	return 0;
}

static bool wrote(struct world *world, int hold_err, const char *words)
{
	world->evidence.lines.len = 0;
	armed_event_write(&world->evidence, &world->config, &probes, hold_err, "kernel");
	return has_words(&world->evidence.lines, words);
}

static void says_why_memory_can_not_be_read(void **state)
{
	struct world *world = *state;

	assert_false(wrote(world, 0, "\"memory\""));
	world->jvm.mem_fd = -EACCES;
	assert_true(wrote(world, 0, "\"memory\":\"Permission denied\""));
	world->jvm.mem_fd = -4711;
	assert_true(wrote(world, 0, "\"memory\":\"Unknown error 4711\""));
}

/* Somebody may not want it; then the error is none. */
static void says_why_the_jvm_can_not_be_held(void **state)
{
	struct world *world = *state;

	assert_false(wrote(world, 0, "},\"hold\":"));
	assert_true(wrote(world, -EPERM, "},\"hold\":\"Operation not permitted\""));
	world->config.hold = false;
	assert_true(wrote(world, -EPERM, "},\"hold\":\"hold=off\""));
}

static void without_bpf_it_says_what_is_missing(void **state)
{
	struct world *world = *state;

	assert_true(wrote(world, 0, "\"probes\":{\"bpf\":false}"));
	memcpy(probes.why, "no \"BPF\"\n", 10);
	assert_true(wrote(world, 0, "{\"bpf\":false,\"missing\":\"no \\\"BPF\\\"\\n\"}"));
}

static void each_probe_is_told_attached_or_not(void **state)
{
	struct world *world = *state;
	char loaded;

	probes.own.skel = (struct jmortem *)(void *)&loaded; /* it is there, and not looked at */
	probes.programs = &probes.own;
	probes.marker = MARKER_FENTRY;
	assert_true(wrote(world, 0,
			  "\"marker\":\"fentry\",\"buffer\":\"perf event array\","
			  "\"registers\":\"kernel stack\",\"signal_deliver\":\"none\","
			  "\"signal_generate\":\"none\",\"sched_process_exit\":\"none\","
			  "\"sched_process_exec\":\"none\",\"mark_victim\":\"none\","
			  "\"wake_helper\":\"none\",\"abort\":\"none\","
			  "\"exit\":\"none\"}"));
	probes.attached[PROBE_ABORT] = true;
	probes.attached[PROBE_MARK_VICTIM] = true;
	assert_true(wrote(world, 0,
			  "\"mark_victim\":\"tp_btf\",\"wake_helper\":\"none\","
			  "\"abort\":\"uprobe\",\"exit\":\"none\"}"));
	probes.ring_buffer = (struct ring_buffer *)(void *)&loaded;
	probes.own.kernel.has_task_pt_regs = true;
	assert_true(wrote(world, 0, "\"ring buffer\",\"registers\":\"bpf_task_pt_regs\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(says_why_memory_can_not_be_read, set_up,
						tear_down_world),
		cmocka_unit_test_setup_teardown(says_why_the_jvm_can_not_be_held, set_up,
						tear_down_world),
		cmocka_unit_test_setup_teardown(without_bpf_it_says_what_is_missing, set_up,
						tear_down_world),
		cmocka_unit_test_setup_teardown(each_probe_is_told_attached_or_not, set_up,
						tear_down_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
