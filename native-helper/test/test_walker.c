// SPDX-License-Identifier: Apache-2.0
#include "java/walker.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "test.h"

/* Long enough for a shell to start on a busy machine; nothing is decided by it. */
#define PATIENCE_NS (20 * NANOS_PER_SECOND)

struct world {
	struct config config;
	struct jvm jvm;
	struct evidence evidence;
	struct thread_list threads;
	struct walker walker;
	struct headroom headroom;
	char java[64];
};

static int make_world(void **state)
{
	static struct world world;

	memset(&world, 0, sizeof(world));
	world.jvm.pid = getpid();
	world.jvm.tid = getpid();
	world.jvm.proc_fd = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	world.jvm.mem_fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	world.config.java = world.java;
	world.config.jar = "a.jar";
	evidence_init(&world.evidence, &world.config, &world.jvm);
	walker_init(&world.walker);
	world.headroom.meminfo = -1;
	*state = &world;
	return world.jvm.proc_fd < 0 || world.jvm.mem_fd < 0;
}

static int end_world(void **state)
{
	struct world *world = *state;

	(void)unlink(world->java);
	close(world->jvm.proc_fd);
	close(world->jvm.mem_fd);
	evidence_close(&world->evidence);
	return 0;
}

/* Starts a shell script in the walker's place. */
static void start(struct world *world, const char *script)
{
	const struct crash crash = {
		.vtid = 42,
		.has_regs = true,
		.regs = { .rip = 0x1000, .rsp = 0x2000, .r13 = 0x3000 },
		.status = 139,
	};
	FILE *file;
	int fd;

	(void)snprintf(world->java, sizeof(world->java), "/tmp/test-walker-XXXXXX");
	fd = mkstemp(world->java);
	assert_true(fd >= 0);
	file = fdopen(fd, "w");
	assert_true(fprintf(file, "#!/bin/sh\n%s\n", script) > 0);
	assert_int_equal(fchmod(fd, 0700), 0);
	assert_int_equal(fclose(file), 0);
	assert_true(walker_start(&world->walker, &world->evidence, &world->threads, &crash,
				 MOMENT_FAULT, &world->headroom, monotonic_ns() + PATIENCE_NS));
}

static void finish(struct world *world)
{
	walker_finish(&world->walker, &world->evidence, monotonic_ns() + PATIENCE_NS);
	assert_int_equal(world->walker.fd, -1);
	assert_int_equal(waitpid(world->walker.pid, NULL, 0), world->walker.pid);
}

static bool says(struct world *world, const char *words)
{
	return memmem(world->evidence.lines.data, world->evidence.lines.len, words,
		      strlen(words)) != NULL;
}

static void dump_becomes_an_event(void **state)
{
	struct world *world = *state;

	start(world, "printf '\\036'; printf '{\"threads\":[]}'");
	walker_wait(&world->walker, &world->evidence, monotonic_ns() + PATIENCE_NS);
	assert_true(world->walker.has_read);
	finish(world);
	assert_true(says(world, "\"event\":\"stacks\""));
	assert_true(says(world, "\"moment\":\"fault\""));
	assert_true(says(world, "\"dump\":{\"threads\":[]}}\n"));
}

/* It is told where the crash was, and reads the memory through its standard input. */
static void input(void **state)
{
	struct world *world = *state;

	start(world, "{ read line; read saved; read status; } < /proc/self/fd/3; printf '\\036';"
		     " printf '{\"%s, %s\"}' \"$line\" \"$status\"");
	finish(world);
	assert_true(says(world, "{\"crashed 42 1000 2000 0 3000, status 139\"}"));
}

/* A VM may have something to say first. */
static void warning_before_the_dump(void **state)
{
	struct world *world = *state;

	start(world, "echo '[warning][os] text'; printf '\\036'; printf '{\"threads\":[]}'");
	walker_wait(&world->walker, &world->evidence, monotonic_ns() + PATIENCE_NS);
	assert_true(world->walker.has_read);
	finish(world);
	assert_true(says(world, "\"dump\":{\"threads\":[]}}\n"));
}

static void error_is_passed_on(void **state)
{
	struct world *world = *state;

	start(world, "echo 'Error: no heap'; echo more; exit 1");
	finish(world);
	assert_true(says(world, "the walk failed: Error: no heap\""));
	assert_false(says(world, "\"event\":\"stacks\""));
}

static void two_lines_are_no_dump(void **state)
{
	struct world *world = *state;

	start(world, "printf '\\036'; echo '{}'; echo '{}'");
	finish(world);
	assert_true(says(world, "the walk failed"));
}

static void ended_at_the_deadline(void **state)
{
	struct world *world = *state;

	start(world, "exec sleep 1000");
	walker_wait(&world->walker, &world->evidence, monotonic_ns());
	assert_true(says(world, "ended at its deadline"));
	finish(world);
}

static void too_slow_to_write(void **state)
{
	struct world *world = *state;

	start(world, "printf '\\036'; exec sleep 1000");
	walker_wait(&world->walker, &world->evidence, monotonic_ns() + PATIENCE_NS);
	assert_true(world->walker.has_read);
	walker_finish(&world->walker, &world->evidence, monotonic_ns());
	assert_true(says(world, "ended at its deadline"));
	finish(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(dump_becomes_an_event, make_world, end_world),
		cmocka_unit_test_setup_teardown(input, make_world, end_world),
		cmocka_unit_test_setup_teardown(warning_before_the_dump, make_world, end_world),
		cmocka_unit_test_setup_teardown(error_is_passed_on, make_world, end_world),
		cmocka_unit_test_setup_teardown(two_lines_are_no_dump, make_world, end_world),
		cmocka_unit_test_setup_teardown(ended_at_the_deadline, make_world, end_world),
		cmocka_unit_test_setup_teardown(too_slow_to_write, make_world, end_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
