// SPDX-License-Identifier: Apache-2.0
#include "evidence/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

static int set_up(void **state)
{
	struct world *world;

	if (set_up_world(state))
		return -1;
	world = *state;
	world->evidence.clock_offset_ns = 0;
	return 0;
}

/* From memory that ends where the record does: ASan sees what is read behind it. */
static enum event_kind record(struct world *world, const void *event, size_t size)
{
	void *copy = malloc(size);
	enum event_kind kind;

	assert_non_null(copy);
	memcpy(copy, event, size);
	kind = record_event(&world->evidence, copy, size);
	free(copy);
	return kind;
}

static bool wrote(const struct world *world, const char *words)
{
	return has_words(&world->evidence.lines, words);
}

static size_t sizes[] = {
	[EVENT_SIGNAL_SENT] = sizeof(struct signal_sent_event),
	[EVENT_FATAL_ERROR] = sizeof(struct fatal_error_event),
	[EVENT_ABORT] = sizeof(struct abort_event),
	[EVENT_FATAL_SIGNAL] = sizeof(struct fatal_signal_event),
	[EVENT_EXIT] = sizeof(struct exit_event),
	[EVENT_EXIT_CALLED] = sizeof(struct exit_called_event),
	[EVENT_THREAD_KILLED] = sizeof(struct thread_killed_event),
	[EVENT_OOM_VICTIM] = sizeof(struct oom_victim_event),
	[EVENT_EXEC] = sizeof(struct exec_event),
	[EVENT_DEBUGGER] = sizeof(struct debugger_event),
};

#define KINDS (sizeof(sizes) / sizeof(*sizes))

/* A buffer whose records may be longer has padded them; a shorter one is no record. */
static void a_record_that_is_too_short_is_noted_and_not_read(void **state)
{
	static unsigned char event[4096];
	struct world *world = *state;

	for (__u32 kind = 1; kind < KINDS; kind++) {
		memset(event, 0xff, sizeof(event));
		memcpy(event, &kind, sizeof(kind));
		assert_int_equal(record(world, event, sizes[kind] - 1), 0);
		assert_true(wrote(world, "a record of unknown kind"));
		assert_int_equal(record(world, event, sizes[kind]), kind);
		assert_int_equal(record(world, event, sizes[kind] + 4), kind);
	}
	assert_int_equal(record(world, event, sizeof(struct event_header) - 1), 0);
	assert_int_equal(record(world, event, 1), 0);
}

static void unknown_kinds_are_refused(void **state)
{
	static const __u32 kinds[] = { 0, KINDS, 1000, 0x80000001, 0xffffffff };
	static struct event_header header[100];

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		header[0].kind = kinds[i];
		assert_int_equal(record_kind(header, sizeof(header)), 0);
	}
	header[0].kind = EVENT_EXEC;
	assert_int_equal(record_kind(header, sizeof(header)), EVENT_EXEC);
	assert_int_equal(record_kind(header, 0), 0);
}

/* Each number in it is the largest, and no text has an end. */
static void any_bytes_make_lines_of_json(void **state)
{
	static unsigned char event[4096];
	struct world *world = *state;
	const struct text *lines = &world->evidence.lines;
	size_t count = 0;

	for (int fill = 0; fill < 256; fill += 5)
		for (__u32 kind = 1; kind < KINDS; kind++) {
			memset(event, fill, sizeof(event));
			memcpy(event, &kind, sizeof(kind));
			assert_int_equal(record(world, event, sizes[kind]), kind);
			count++;
		}
	for (size_t at = 0; at < lines->len;
	     at += text_utf8_length(lines->data + at, lines->len - at)) {
		unsigned char byte = (unsigned char)lines->data[at];

		assert_true(byte == '\n' || (byte >= ' ' && byte != 0x7f));
		assert_true(text_utf8_length(lines->data + at, lines->len - at) > 0);
		count -= byte == '\n';
	}
	assert_int_equal(count, 0);
}

/* A process chooses its name and its arguments, and the kernel cuts them off. */
static void foreign_texts_end_where_their_field_does(void **state)
{
	static struct signal_sent_event sent;
	struct world *world = *state;
	char expected[CMDLINE_LEN + 64];

	memset(&sent, 0, sizeof(sent));
	sent.header.kind = EVENT_SIGNAL_SENT;
	memset(sent.header.comm, 'c', sizeof(sent.header.comm));
	memset(sent.executable, 'e', sizeof(sent.executable));
	memset(sent.cmdline, 'l', sizeof(sent.cmdline));
	sent.cmdline_len = 0xffffffff;
	sent.ancestors = 0xffffffff;
	memset(sent.ancestor[MAX_ANCESTORS - 1].comm, 'a', COMM_LEN);
	sent.cgroup_depth = 0xffffffff;
	memset(sent.cgroup[0], 'g', CGROUP_NAME_LEN);
	memcpy(sent.cgroup[MAX_CGROUP_DEPTH - 1], "top", 4);
	assert_int_equal(record(world, &sent, sizeof(sent)), EVENT_SIGNAL_SENT);
	assert_true(wrote(world, "\"comm\":\"cccccccccccccccc\""));
	assert_true(wrote(world, "\"comm\":\"aaaaaaaaaaaaaaaa\"}]"));
	assert_true(wrote(world, "\"cgroup\":\"/top/////g"));
	(void)snprintf(expected, sizeof(expected), "\"command_line\":\"%.*s\"", CMDLINE_LEN,
		       sent.cmdline);
	assert_true(wrote(world, expected));
	(void)snprintf(expected, sizeof(expected), "\"executable\":\"%.*s\"", EXECUTABLE_LEN,
		       sent.executable);
	assert_true(wrote(world, expected));
}

static void record_signal_of(struct world *world, uid_t user, unsigned int pid_ns)
{
	struct signal_sent_event sent = {
		.header = { .kind = EVENT_SIGNAL_SENT, .thread.helper_tgid = 4711 },
		.sig = 9,
		.uid = user,
		.pid_ns = pid_ns,
		.executable = "secret-program",
		.cmdline = "secret-program\0--password=x",
		.cmdline_len = 27,
	};

	assert_int_equal(record(world, &sent, sizeof(sent)), EVENT_SIGNAL_SENT);
}

static void record_other_user(void *world)
{
	record_signal_of(world, 1001, 7);
}

/* They may hold what one user must not know of another one. */
static void the_daemon_withholds_command_lines_of_other_users(void **state)
{
	struct world *world = *state;
	char heard[1024];

	world->config.is_for_tenant = true;
	world->jvm.pid_ns = 7;
	world->evidence.user = (struct jvm_user) { .is_known = true, .uid = 1000 };
	(void)hear_child(STDERR_FILENO, record_other_user, world, heard, sizeof(heard));
	assert_string_equal(heard, "jmortem: signal 9 of process 0 was sent by process 4711 of "
				   "user 1001: secret-program: secret-program --password=x\n");
	record_other_user(world);
	assert_false(wrote(world, "secret"));
	assert_true(wrote(world, "\"withheld\":true"));
	assert_true(wrote(world, "\"uid\":1001"));
	record_signal_of(world, 1000, 8); /* in another container */
	record_signal_of(world, 1000, 0);
	assert_false(wrote(world, "secret"));
	record_signal_of(world, 1000, 7);
	assert_true(wrote(world, "secret-program"));
}

static void of_an_unknown_user_they_withhold_all(void **state)
{
	struct world *world = *state;

	world->config.is_for_tenant = true;
	record_signal_of(world, 0, 0);
	assert_false(wrote(world, "secret"));
}

static void record_detail(struct world *world, const char *detail)
{
	struct fatal_error_event error = { .header.kind = EVENT_FATAL_ERROR,
					   .argument = "argument's bytes" };

	memset(error.detail, 'x', sizeof(error.detail));
	memcpy(error.detail, detail, strlen(detail) + 1);
	assert_int_equal(record(world, &error, sizeof(error)), EVENT_FATAL_ERROR);
}

/* What a number points to is no text: it may be anything, a password perhaps. */
static void the_argument_is_told_only_where_the_format_takes_a_text(void **state)
{
	static const char *const others[] = { "", "no format", "%d of %s", "%p", "100%", "%" };
	char longest[TEXT_LEN];

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		record_detail(*state, others[i]);
	memset(longest, 'x', sizeof(longest));
	longest[TEXT_LEN - 2] = '%';
	longest[TEXT_LEN - 1] = '\0';
	record_detail(*state, longest);
	assert_false(wrote(*state, "argument"));
	record_detail(*state, "Out of memory in %s, %d");
	assert_true(wrote(*state, "\"argument\":\"argument's bytes\""));
}

static void what_the_kernel_has_not_told_is_left_out(void **state)
{
	struct fatal_signal_event signal = {
		.header.kind = EVENT_FATAL_SIGNAL, .sig = 9, .sender_pid = 7, .fault = { .sig = 11 }
	};
	struct signal_sent_event sent = { .header.kind = EVENT_SIGNAL_SENT, .syscall = -1 };

	assert_int_equal(record(*state, &signal, sizeof(signal)), EVENT_FATAL_SIGNAL);
	assert_int_equal(record(*state, &sent, sizeof(sent)), EVENT_SIGNAL_SENT);
	assert_false(wrote(*state, "si_pid"));
	assert_false(wrote(*state, "\"fault\""));
	assert_false(wrote(*state, "syscall"));
	assert_false(wrote(*state, "\"cgroup\""));
	assert_false(wrote(*state, "command_line"));
	signal.has_info = signal.has_fault = 1;
	assert_int_equal(record(*state, &signal, sizeof(signal)), EVENT_FATAL_SIGNAL);
	assert_true(wrote(*state, "\"si_pid\":7"));
	assert_true(wrote(*state, "\"fault\":{\"si_signo\":11"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_record_that_is_too_short_is_noted_and_not_read,
						set_up, tear_down_world),
		cmocka_unit_test(unknown_kinds_are_refused),
		cmocka_unit_test_setup_teardown(any_bytes_make_lines_of_json, set_up,
						tear_down_world),
		cmocka_unit_test_setup_teardown(foreign_texts_end_where_their_field_does, set_up,
						tear_down_world),
		cmocka_unit_test_setup_teardown(the_daemon_withholds_command_lines_of_other_users,
						set_up_world, tear_down_world),
		cmocka_unit_test_setup_teardown(of_an_unknown_user_they_withhold_all, set_up_world,
						tear_down_world),
		cmocka_unit_test_setup_teardown(
			the_argument_is_told_only_where_the_format_takes_a_text, set_up,
			tear_down_world),
		cmocka_unit_test_setup_teardown(what_the_kernel_has_not_told_is_left_out, set_up,
						tear_down_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
