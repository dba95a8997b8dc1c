// SPDX-License-Identifier: Apache-2.0
#include "evidence/capture.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/origin.h"
#include "process/jvm_open.h"
#include "test.h"

/* Long enough for a busy machine; nothing is decided by it. */
#define PATIENCE_NS (20 * NANOS_PER_SECOND)

struct world {
	char place[64];
	struct config config;
	struct jvm jvm;
	struct evidence evidence;
	int descriptors;
};

static void prepare(void *place)
{
	(void)prctl(PR_SET_NAME, "a \"na\xffme");
	CHILD_ASSERT(chdir(place) == 0);
}

/* A process in a directory of its own. */
static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	pid_t pid;

	if (!world)
		return -1;
	*state = world;
	if (!make_place(world->place, sizeof(world->place)))
		return -1;
	pid = start_waiting(prepare, world->place);
	world->descriptors = count_descriptors();
	world->config.relation = JVM_IS_OTHER;
	evidence_init(&world->evidence, &world->config, &world->jvm);
	return pid < 0 || jvm_open(&world->jvm, pid, pid, JVM_IS_OTHER);
}

static int tear_down(void **state)
{
	struct world *world = *state;
	pid_t pid = world->jvm.pid;
	int left;

	evidence_close(&world->evidence);
	jvm_close(&world->jvm);
	left = count_descriptors() - world->descriptors;
	if (pid > 0)
		(void)end_waiting(pid);
	(void)remove_all_of(world->place);
	free(world);
	return left; /* no descriptor */
}

static bool wrote(const struct world *world, const char *words)
{
	return has_words(&world->evidence.lines, words);
}

static void end_process(struct world *world)
{
	assert_int_equal(kill(world->jvm.pid, SIGKILL), 0);
	assert_int_equal(waitpid(world->jvm.pid, NULL, 0), world->jvm.pid);
	world->jvm.pid = 0;
}

static void identity_is_what_is_gone_with_the_process(void **state)
{
	static const char *const names[] = { "exe",    "root",	    "cwd",    "cmdline", "stat",
					     "limits", "mountinfo", "cgroup", "status",	 "maps" };
	struct world *world = *state;
	char expected[128];

	capture_identity(&world->evidence);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		(void)snprintf(expected, sizeof(expected), "\"proc_file\",");
		assert_true(wrote(world, expected));
		(void)snprintf(expected, sizeof(expected), "\"name\":\"%s\",\"text\":", names[i]);
		assert_true(wrote(world, expected));
	}
	(void)snprintf(expected, sizeof(expected), "\"name\":\"cwd\",\"text\":\"%s\"}",
		       world->place);
	assert_true(wrote(world, expected));
	assert_true(world->evidence.user.is_known);
	assert_int_equal(world->evidence.user.fsuid, geteuid());
	assert_true(world->evidence.cwd_fd >= 0);
}

/* Each look has its own: none stays open, and the directory is the last one. */
static void looking_again_leaves_nothing_open(void **state)
{
	struct world *world = *state;
	int before;

	capture_identity(&world->evidence);
	before = count_descriptors();
	for (int i = 0; i < 5; i++)
		capture_state(&world->evidence, i % 2 ? CAPTURE_MAX_MAPS : 0);
	assert_int_equal(count_descriptors(), before);
	assert_true(wrote(world, "\"name\":\"oom_score_adj\",\"text\":"));
}

static void of_the_mappings_no_more_is_taken_than_may_be(void **state)
{
	struct world *world = *state;

	capture_state(&world->evidence, 0);
	assert_false(wrote(world, "\"name\":\"maps\""));
	capture_state(&world->evidence, 100);
	assert_true(wrote(world, "\"name\":\"maps\""));
	assert_true(wrote(world, "\"truncated\":true"));
	assert_false(wrote(world, "[stack]"));
}

static void what_has_ended_is_left_out(void **state)
{
	struct world *world = *state;

	end_process(world);
	capture_identity(&world->evidence);
	capture_state(&world->evidence, CAPTURE_MAX_MAPS);
	assert_false(wrote(world, "proc_file"));
	assert_false(world->evidence.user.is_known);
	assert_int_equal(world->evidence.cwd_fd, -1);
}

/* The agent is its part: it has told the command line, and started us in its directory. */
static void of_a_parent_that_has_ended_is_known_what_we_had_in_common(void **state)
{
	struct world *world = *state;
	struct stat expected, found;

	world->config.relation = JVM_IS_PARENT;
	world->config.command_line = "java\x1f-jar\x1f"
				     "a b\xff.jar\x1f";
	end_process(world);
	capture_identity(&world->evidence);
	assert_true(wrote(world, "\"name\":\"cmdline\",\"text\":\"java\\u0000-jar\\u0000a b\xee\xbf"
				 "\xbf.jar\\u0000\"}"));
	assert_true(wrote(world, "\"name\":\"cwd\",\"text\":\"/"));
	assert_true(world->evidence.user.is_known);
	assert_int_equal(world->evidence.user.uid, getuid());
	assert_int_equal(fstat(world->evidence.cwd_fd, &found), 0);
	assert_int_equal(stat(".", &expected), 0);
	assert_int_equal(found.st_ino, expected.st_ino);
}

/* Of a process that was seen alive, what was seen then stays. */
static void what_was_seen_last_outlives_the_process(void **state)
{
	struct world *world = *state;
	struct stat expected, found;
	struct jvm_user user;

	capture_identity(&world->evidence);
	world->evidence.user.uid = 4711; /* not ours */
	user = world->evidence.user;
	end_process(world);
	world->config.relation = JVM_IS_PARENT;
	capture_state(&world->evidence, CAPTURE_MAX_MAPS);
	assert_memory_equal(&world->evidence.user, &user, sizeof(user));
	assert_int_equal(fstat(world->evidence.cwd_fd, &found), 0);
	assert_int_equal(stat(world->place, &expected), 0);
	assert_int_equal(found.st_ino, expected.st_ino);
}

/* ---- threads --------------------------------------------------------------------- */

static void capture(struct world *world, struct frozen_thread *threads, size_t count,
		    uint64_t deadline_ns, size_t most, size_t expected)
{
	const struct frozen frozen = { .jvm = &world->jvm, .threads = threads, .count = count };
	struct thread_list list = {};

	capture_threads(&world->evidence, &frozen, &list, MOMENT_FAULT, deadline_ns, most);
	assert_int_equal(list.count, expected);
	threads_free(&list);
}

static void a_thread_that_was_not_stopped_has_a_name_alone(void **state)
{
	struct world *world = *state;
	struct frozen_thread threads[] = { { .tid = world->jvm.pid }, { .tid = 0 } };
	char expected[128];

	capture(world, threads, 2, monotonic_ns() + PATIENCE_NS, SIZE_MAX, 1);
	(void)snprintf(expected, sizeof(expected),
		       "\"tid\":%d,\"vtid\":%d,\"comm\":\"a \\\"na\xef\xbf\xbdme\",\"stopped\":"
		       "false}\n",
		       world->jvm.pid, world->jvm.pid);
	assert_true(wrote(world, expected));
}

static void a_thread_of_another_process_has_no_name(void **state)
{
	struct world *world = *state;
	struct frozen_thread threads[] = { { .tid = getpid() } };

	capture(world, threads, 1, monotonic_ns() + PATIENCE_NS, SIZE_MAX, 1);
	assert_true(wrote(world, "\"comm\":\"\",\"stopped\":false}"));
}

static void start_first_of_namespace(void *pid)
{
	pid_t first;

	/* without root it takes a user namespace */
	if (unshare(CLONE_NEWPID) && unshare(CLONE_NEWUSER | CLONE_NEWPID))
		return;
	first = fork();
	if (first == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	*(pid_t *)pid = first;
}

/* As in a container: HotSpot's log has the number there. */
static void a_thread_has_the_number_that_it_sees_itself_too(void **state)
{
	pid_t *pid =
		mmap(NULL, sizeof(*pid), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct world *world = *state;
	char expected[64];
	pid_t parent;

	assert_true(pid != MAP_FAILED);
	parent = start_waiting(start_first_of_namespace, pid);
	if (*pid > 0) {
		struct frozen_thread threads[] = { { .tid = *pid } };

		end_process(world);
		jvm_close(&world->jvm);
		assert_int_equal(jvm_open(&world->jvm, *pid, *pid, JVM_IS_OTHER), 0);
		capture(world, threads, 1, monotonic_ns() + PATIENCE_NS, SIZE_MAX, 1);
		(void)snprintf(expected, sizeof(expected), "\"tid\":%d,\"vtid\":1,", *pid);
		assert_true(wrote(world, expected));
		world->jvm.pid = 0; /* its parent's to be reaped */
		assert_int_equal(kill(*pid, SIGKILL), 0);
	}
	assert_true(end_waiting(parent));
	world->descriptors++; /* the parent's, see start_waiting() */
	if (*pid <= 0) {
		(void)munmap(pid, sizeof(*pid));
		print_message("skipped: no pid namespace can be made here\n");
		skip();
	}
	(void)munmap(pid, sizeof(*pid));
}

static void reading_threads_ends_at_the_deadline(void **state)
{
	struct world *world = *state;
	struct frozen_thread threads[] = { { .tid = world->jvm.pid } };

	capture(world, threads, 1, 0, SIZE_MAX, 0);
	assert_false(wrote(world, "\"event\":\"thread\""));
	assert_true(wrote(world, "\"what\":\"0 of 1 read before the deadline\",\"moment\":"
				 "\"fault\""));
}

static void reading_threads_ends_where_memory_does(void **state)
{
	struct world *world = *state;
	struct frozen_thread threads[] = { { .tid = world->jvm.pid },
					   { .tid = world->jvm.pid },
					   { .tid = world->jvm.pid } };

	capture(world, threads, 3, monotonic_ns() + PATIENCE_NS, 10, 1);
	assert_true(wrote(world, "1 of 3 read with the memory that was left"));
}

/* ---- the snapshot ---------------------------------------------------------------- */

static void snapshot(struct world *world)
{
	world->config.work_dir = world->place;
	capture_snapshot(&world->evidence);
}

static void takes_the_agents_snapshot(void **state)
{
	struct world *world = *state;
	char path[96];
	int fd;

	capture_snapshot(&world->evidence); /* there is no directory */
	snapshot(world); /* there is none in it */
	assert_int_equal(world->evidence.lines.len, 0);
	(void)snprintf(path, sizeof(path), "%s/snapshot", world->place);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(text_write(fd, "{\"heap\":1}\n", 11), 0);
	close(fd);
	snapshot(world);
	assert_true(wrote(world, "\"event\":\"snapshot\""));
	assert_true(wrote(world, "\"text\":\"{\\\"heap\\\":1}\\n\"}"));
}

/* The private directory is the JVM's user's, who may be another one than ours. */
static void a_snapshot_that_leads_elsewhere_is_not_taken(void **state)
{
	struct world *world = *state;
	char path[96], link[96];

	(void)snprintf(path, sizeof(path), "%s/snapshot", world->place);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	snapshot(world);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	snapshot(world);
	assert_int_equal(unlink(path), 0);
	(void)snprintf(link, sizeof(link), "%s/link", world->place);
	(void)snprintf(path, sizeof(path), "%s/directory", world->place);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(symlink("directory", link), 0);
	(void)snprintf(path, sizeof(path), "%s/directory/snapshot", world->place);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(truncate(path, 10), 0);
	world->config.work_dir = link;
	capture_snapshot(&world->evidence);
	assert_int_equal(world->evidence.lines.len, 0);
}

#define CAPTURE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CAPTURE_TEST(identity_is_what_is_gone_with_the_process),
		CAPTURE_TEST(looking_again_leaves_nothing_open),
		CAPTURE_TEST(of_the_mappings_no_more_is_taken_than_may_be),
		CAPTURE_TEST(what_has_ended_is_left_out),
		CAPTURE_TEST(of_a_parent_that_has_ended_is_known_what_we_had_in_common),
		CAPTURE_TEST(what_was_seen_last_outlives_the_process),
		CAPTURE_TEST(a_thread_that_was_not_stopped_has_a_name_alone),
		CAPTURE_TEST(a_thread_of_another_process_has_no_name),
		CAPTURE_TEST(a_thread_has_the_number_that_it_sees_itself_too),
		CAPTURE_TEST(reading_threads_ends_at_the_deadline),
		CAPTURE_TEST(reading_threads_ends_where_memory_does),
		CAPTURE_TEST(takes_the_agents_snapshot),
		CAPTURE_TEST(a_snapshot_that_leads_elsewhere_is_not_taken),
	};

	end_if_stuck();
	origin_note();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
