// SPDX-License-Identifier: Apache-2.0
#include "evidence/events.h"

#include <stdlib.h>
#include <string.h>

#include "world.h"

static void assert_wrote(struct world *world, const char *words)
{
	if (!has_words(&world->evidence.lines, words))
		fail_msg("there is no %s in %.*s", words, (int)world->evidence.lines.len,
			 world->evidence.lines.data);
}

/* Names of files are to be opened later, so no byte of them may be lost; a terminal is shown all.
 */
static void bytes_of_names_are_kept_and_others_replaced(void **state)
{
	struct world *world = *state;
	struct text text = { .data = (char *)"a\xff\"\x1b\0b", .len = 6, .is_fixed = true };

	event_text(&world->evidence, TEXT_PROC_FILE, "cwd", &text, 0);
	assert_wrote(world, "\"text\":\"a\xee\xbf\xbf\\\"\\u001b\\u0000b\"}\n");
	event_text(&world->evidence, TEXT_PROC_FILE, "cmdline", &text, 0);
	event_text(&world->evidence, TEXT_PROC_FILE, "status", &text, 0);
	assert_wrote(world, "\"name\":\"status\",\"text\":\"a\xef\xbf\xbd\\\"\\u001b\\u0000b\"}\n");
	assert_wrote(world, "\"name\":\"cmdline\",\"text\":\"a\xee\xbf\xbf");
}

static void a_text_that_was_cut_off_says_so(void **state)
{
	struct world *world = *state;
	struct text text = { .data = (char *)"half", .len = 4, .is_fixed = true };

	event_text(&world->evidence, TEXT_CGROUP_FILE, "memory.max", &text, 2);
	assert_wrote(world, "\"name\":\"memory.max\",\"level\":2,\"text\":\"half\"}\n");
	text.failed = true;
	event_text(&world->evidence, TEXT_SNAPSHOT, "snapshot", &text, 0);
	assert_wrote(world, "\"event\":\"snapshot\"");
	assert_wrote(world, "\"name\":\"snapshot\",\"text\":\"half\",\"truncated\":true}\n");
	text.len = 0;
	text.data = NULL;
	event_text(&world->evidence, TEXT_PROC_FILE, "empty", &text, 0);
	assert_wrote(world, "\"name\":\"empty\",\"text\":\"\",\"truncated\":true}\n");
}

/* The kernel gives a name of 15 bytes; one that fills its field has no end. */
static void a_threads_name_ends_where_its_field_does(void **state)
{
	struct world *world = *state;
	struct thread *thread = calloc(1, sizeof(*thread));

	assert_non_null(thread);
	memset(thread->comm, 'x', sizeof(thread->comm));
	thread->tid = 7;
	event_thread(&world->evidence, MOMENT_EXIT, 0, thread, false, NULL);
	assert_wrote(world, "\"moment\":\"exit\",\"tid\":7,\"comm\":\"xxxxxxxxxxxxxxxx\","
			    "\"stopped\":false}\n");
	free(thread);
}

static void a_thread_has_the_registers_that_are_known(void **state)
{
	const struct user_registers all = { .rip = 0x11, .rax = 0x33 };
	struct world *world = *state;
	struct thread thread = { .tid = 8, .vtid = 9, .has_regs = true, .regs = { .rip = 0x22 } };

	event_thread(&world->evidence, MOMENT_FAULT, 0, &thread, true, NULL);
	assert_wrote(world, "\"vtid\":9,");
	assert_wrote(world, "\"stopped\":true,\"registers\":{\"rip\":\"0x22\",\"rsp\":\"0x0\","
			    "\"rbp\":\"0x0\",\"r13\":\"0x0\"}}\n");
	event_thread(&world->evidence, MOMENT_FAULT, 0, &thread, true, &all);
	assert_wrote(world, "\"rip\":\"0x11\"");
	assert_wrote(world, "\"rax\":\"0x33\"");
}

static void what_is_missing_is_left_out_or_said(void **state)
{
	const struct probe_state probes[] = { { "one", "uprobe" }, { "two", NULL } };
	struct world *world = *state;
	struct armed armed = { .level = "agent", .marker = MARKER_UPROBE, .missing = "all of it" };

	event_armed(&world->evidence, &armed);
	assert_wrote(world, "\"probes\":{\"bpf\":false,\"missing\":\"all of it\"}}\n");
	armed = (struct armed) {
		.level = "full",
		.has_bpf = true,
		.marker = (enum marker)99,
		.buffer = "b",
		.registers = "r",
		.probes = probes,
		.probe_count = 2,
		.memory = "m",
		.hold = "h",
	};
	event_armed(&world->evidence, &armed);
	assert_wrote(world, "{\"bpf\":true,\"marker\":\"unknown\",\"buffer\":\"b\",\"registers\":"
			    "\"r\",\"one\":\"uprobe\",\"two\":\"none\"},\"memory\":\"m\",\"hold\":"
			    "\"h\"}\n");
}

static void numbers_of_any_size_are_words(void **state)
{
	(void)state;
	assert_string_equal(freeze_name(FREEZE_WANTED), "ptrace");
	assert_string_equal(freeze_name((enum freeze)3), "unknown");
	assert_string_equal(freeze_name((enum freeze)0xffffffff), "unknown");
}

static void the_last_event_counts_what_was_left_out(void **state)
{
	struct world *world = *state;
	const char *problem, *complete;

	event_complete(&world->evidence, false);
	assert_false(has_words(&world->evidence.lines, "left out"));
	world->evidence.left_out = 3;
	event_complete(&world->evidence, true);
	problem = memmem(world->evidence.lines.data, world->evidence.lines.len,
			 "3 lines of evidence are left out", 32);
	complete =
		memmem(world->evidence.lines.data, world->evidence.lines.len, "\"complete\"", 10);
	assert_non_null(problem);
	assert_non_null(complete);
	complete = memmem(
		problem, world->evidence.lines.len - (size_t)(problem - world->evidence.lines.data),
		"\"complete\"", 10);
	assert_non_null(complete); /* nothing comes behind it */
	assert_true(world->evidence.is_complete);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bytes_of_names_are_kept_and_others_replaced,
						set_up_world, tear_down_world),
		cmocka_unit_test_setup_teardown(a_text_that_was_cut_off_says_so, set_up_world,
						tear_down_world),
		cmocka_unit_test_setup_teardown(a_threads_name_ends_where_its_field_does,
						set_up_world, tear_down_world),
		cmocka_unit_test_setup_teardown(a_thread_has_the_registers_that_are_known,
						set_up_world, tear_down_world),
		cmocka_unit_test_setup_teardown(what_is_missing_is_left_out_or_said, set_up_world,
						tear_down_world),
		cmocka_unit_test(numbers_of_any_size_are_words),
		cmocka_unit_test_setup_teardown(the_last_event_counts_what_was_left_out,
						set_up_world, tear_down_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
