// SPDX-License-Identifier: Apache-2.0
#include "evidence/plain_report.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

struct world {
	char place[64], reports[80];
	struct config config;
	struct jvm jvm;
	struct evidence evidence;
	struct plain_verdict verdict;
};

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return -1;
	*state = world;
	if (!make_place(world->place, sizeof(world->place)))
		return -1;
	(void)snprintf(world->reports, sizeof(world->reports), "%s/reports", world->place);
	world->config.dir = world->reports;
	world->config.fallback_dir = world->reports;
	world->jvm.pid = 42;
	world->jvm.root_fd = -1;
	evidence_init(&world->evidence, &world->config, &world->jvm);
	return evidence_open(&world->evidence) ? 0 : -1;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	evidence_close(&world->evidence);
	(void)remove_all_of(world->place);
	free(world);
	return 0;
}

static void read_report(const struct world *world, struct text *text)
{
	assert_int_equal(text_read_file(text, world->evidence.dir_fd, "report.txt", 4096), 0);
	text_append(text, "", 1);
}

static void begins_as_every_report(void **state)
{
	struct world *world = *state;
	struct text text = {};
	char line[200], next[REPORT_ID_LEN + 64];

	world->verdict.has_status = true;
	world->verdict.status = SIGKILL;
	plain_report_write(&world->verdict, &world->evidence, "the rest", line, sizeof(line));
	assert_string_equal(line, "process 42 was ended by SIGKILL");
	read_report(world, &text);
	assert_int_equal(strncmp(text.data, "JMORTEM   killed (possible)  20", 31), 0);
	assert_non_null(strstr(text.data, "Z\nWHY       process 42 was ended by SIGKILL\n"
					  "MISSING   the rest\n"));
	(void)snprintf(next, sizeof(next), "NEXT      make the whole report: jmortem show %s\n",
		       world->evidence.id);
	assert_non_null(strstr(text.data, next));
	text_free(&text);
}

/* The category never says more than the status does. */
static void has_a_category_for_each_end(void **state)
{
	static const struct {
		bool has_status;
		uint32_t status;
		const char *category;
	} ends[] = {
		{ false, 0, "unknown (possible)" },
		{ true, 0, "clean (possible)" },
		{ true, 3 << 8, "exit (possible)" },
		{ true, SIGTERM, "killed (possible)" },
		{ true, SIGABRT | 0x80, "fatal-signal (possible)" },
	};
	struct world *world = *state;
	struct text text = {};
	char line[200];

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		world->verdict.has_status = ends[i].has_status;
		world->verdict.status = ends[i].status;
		plain_report_write(&world->verdict, &world->evidence, "", line, sizeof(line));
		read_report(world, &text); /* it replaces the one before */
		assert_non_null(strstr(text.data, ends[i].category));
		text_free(&text);
	}
}

static void tells_of_little_memory(void **state)
{
	struct world *world = *state;
	char line[200];

	world->verdict.memory_left = 20 << 10;
	plain_report_write(&world->verdict, &world->evidence, "", line, sizeof(line));
	assert_non_null(strstr(line, "; only 20 KiB of memory were left at its end"));
	world->verdict.memory_left = 1 << 30;
	plain_report_write(&world->verdict, &world->evidence, "", line, sizeof(line));
	assert_null(strstr(line, "memory"));
}

/* Somebody's link is not followed. */
static void writes_nowhere_else(void **state)
{
	struct world *world = *state;
	char outside[96], line[200];
	struct stat file;

	(void)snprintf(outside, sizeof(outside), "%s/outside", world->place);
	assert_int_equal(symlinkat(outside, world->evidence.dir_fd, "report.txt"), 0);
	assert_int_equal(symlinkat(outside, world->evidence.dir_fd, ".report.txt.new"), 0);
	plain_report_write(&world->verdict, &world->evidence, "", line, sizeof(line));
	assert_int_equal(access(outside, F_OK), -1);
	assert_int_equal(fstatat(world->evidence.dir_fd, "report.txt", &file, AT_SYMLINK_NOFOLLOW),
			 0);
	assert_true(S_ISREG(file.st_mode));
	assert_int_equal(file.st_mode & 0777, 0600);
}

/* Only report.json makes it a whole report; until then, an heir makes one in the same place. */
static void is_no_whole_report(void **state)
{
	struct world *world = *state;
	struct evidence *evidence = &world->evidence;
	char line[200], path[PATH_MAX + REPORT_ID_LEN], json[sizeof(path) + 16];
	int fd;

	plain_report_write(&world->verdict, evidence, "", line, sizeof(line));
	evidence_publish(evidence);
	assert_true(evidence_find_published(evidence, path, sizeof(path)));
	assert_false(evidence_has_report(evidence));
	close(evidence->fd);
	close(evidence->dir_fd);
	close(evidence->parent_fd);
	text_append_string(&evidence->lines, "{}\n");
	assert_true(evidence_inherit(evidence));
	assert_true(evidence->opened);
	assert_string_equal(evidence->path, path);
	(void)snprintf(json, sizeof(json), "%s/report.json", path);
	fd = open(json, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_true(evidence_has_report(evidence));
	close(evidence->fd);
	close(evidence->dir_fd);
	close(evidence->parent_fd);
	assert_false(evidence_inherit(evidence));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(begins_as_every_report, set_up, tear_down),
		cmocka_unit_test_setup_teardown(has_a_category_for_each_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tells_of_little_memory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(writes_nowhere_else, set_up, tear_down),
		cmocka_unit_test_setup_teardown(is_no_whole_report, set_up, tear_down),
	};

	end_if_stuck();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
