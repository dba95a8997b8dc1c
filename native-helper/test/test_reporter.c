// SPDX-License-Identifier: Apache-2.0
#include "java/reporter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "test.h"

/* A shell script stands in for java, and writes what it was given into the report's directory. */
struct world {
	char place[64], java[80], out[128];
	struct config config;
	struct jvm jvm;
	struct evidence evidence;
	struct reporter reporter;
	struct text said;
};

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return -1;
	*state = world;
	world->reporter.line_fd = -1;
	if (!make_place(world->place, sizeof(world->place)))
		return -1;
	(void)snprintf(world->java, sizeof(world->java), "%s/java", world->place);
	world->config.dir = world->config.fallback_dir = world->place;
	world->config.java = world->java;
	world->config.jar = "the.jar";
	world->jvm.pid = getpid();
	world->jvm.root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	evidence_init(&world->evidence, &world->config, &world->jvm);
	world->evidence.user = (struct jvm_user) { true, getuid(), geteuid(), getegid() };
	world->evidence.cwd_fd = open(world->place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!evidence_open(&world->evidence))
		return -1;
	(void)snprintf(world->out, sizeof(world->out), "%s/out", world->place);
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	reporter_end(&world->reporter);
	reporter_settle(&world->reporter, &world->evidence);
	while (waitpid(-1, NULL, 0) > 0)
		;
	evidence_close(&world->evidence);
	close(world->jvm.root_fd);
	text_free(&world->said);
	(void)remove_all_of(world->place);
	free(world);
	return 0;
}

static void start(struct world *world, const char *script)
{
	int fd = open(world->java, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0700);
	int before;

	reporter_settle(&world->reporter, &world->evidence); /* an earlier one */
	assert_true(fd >= 0);
	assert_true(dprintf(fd, "#!/bin/sh\nout=%s\n%s\n", world->out, script) > 0);
	close(fd);
	before = count_descriptors();
	assert_int_equal(reporter_start(&world->reporter, &world->config, &world->evidence, false),
			 0);
	assert_int_equal(count_descriptors(), before + 1); /* for its last line */
}

/* To its end. Returns its wait status. */
static int run(struct world *world, const char *script)
{
	int status = -1;

	start(world, script);
	assert_int_equal(waitpid(world->reporter.pid, &status, 0), world->reporter.pid);
	world->reporter.ended = true;
	text_free(&world->said);
	(void)text_read_file(&world->said, AT_FDCWD, world->out, 1 << 20);
	return status;
}

static void is_given_the_two_directories(void **state)
{
	struct world *world = *state;
	char expected[256];

	assert_int_equal(run(world, "readlink /proc/self/fd/3 /proc/self/fd/4 >$out\n"
				    "for last; do :; done; echo \"path $last\" >>$out\n"
				    "readlink /proc/self/fd/0 >>$out; says=$(readlink "
				    "/proc/$$/fd/1); echo \"$says\" >>$out"),
			 0);
	(void)snprintf(expected, sizeof(expected), "%s\n%s\npath %s\nsocket:", world->evidence.path,
		       world->evidence.parent, world->evidence.path);
	assert_true(has_words(&world->said, expected));
	assert_true(has_words(&world->said, "]\n/dev/null\n"));
}

/* Through what stands in for its standard input, for it can't open them itself. */
static void asks_for_the_processs_files(void **state)
{
	struct world *world = *state;
	int fd = openat(AT_FDCWD, world->out, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	close(fd);
	assert_int_equal(run(world, "printf 'Wjava\\0' >&0; read answer; echo \"$answer\" >$out"),
			 0);
	assert_true(has_words(&world->said, "ok "));
	assert_int_equal(
		run(world, "printf 'W../java\\0' >&0; read answer; echo \"$answer\" >$out"), 0);
	assert_true(has_words(&world->said, "no "));
}

static void inherits_no_other_descriptor(void **state)
{
	struct world *world = *state;
	int leaked = open("/etc/passwd", O_RDONLY); /* as from whoever has started the helper */

	/* the last one is of the directory that is listed */
	assert_int_equal(run(world, "ls /proc/self/fd >$out"), 0);
	close(leaked);
	assert_int_equal(world->said.len, 12);
	assert_memory_equal(world->said.data, "0\n1\n2\n3\n4\n5\n", 12);
}

static void server_of_files_ends_with_it(void **state)
{
	struct world *world = *state;

	assert_int_equal(run(world, "exit 0"), 0);
	assert_true(world->reporter.files > 0);
	assert_int_equal(waitpid(world->reporter.files, NULL, 0), world->reporter.files);
	world->reporter.files = 0;
}

static void both_are_ended_where_nobody_waits_any_more(void **state)
{
	struct world *world = *state;
	pid_t files;
	int status;

	start(world, "exec sleep 1000");
	files = world->reporter.files;
	reporter_end(&world->reporter);
	assert_int_equal(waitpid(world->reporter.pid, &status, 0), world->reporter.pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(waitpid(files, &status, 0), files);
	world->reporter.ended = true;
	/* whose number is somebody else's by now: a second time it does nothing */
	assert_int_equal(world->reporter.files, 0);
}

static void a_java_that_is_missing_ends_it(void **state)
{
	struct world *world = *state;
	int status;

	world->config.java = "/jmortem/none/java";
	status = run(world, "");
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 127);
}

static void without_a_directory_there_is_none(void **state)
{
	struct world *world = *state;
	int fd = world->evidence.dir_fd, status;

	world->evidence.dir_fd = -1;
	status = run(world, "exit 0");
	world->evidence.dir_fd = fd;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 126);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(is_given_the_two_directories, set_up, tear_down),
		cmocka_unit_test_setup_teardown(asks_for_the_processs_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(inherits_no_other_descriptor, set_up, tear_down),
		cmocka_unit_test_setup_teardown(server_of_files_ends_with_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(both_are_ended_where_nobody_waits_any_more, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_java_that_is_missing_ends_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_a_directory_there_is_none, set_up,
						tear_down),
	};

	end_if_stuck();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
