// SPDX-License-Identifier: Apache-2.0
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evidence/events.h"
#include "evidence/record.h"

struct place {
	char dir[64], reports[80], fallback[80];
	struct config config;
	struct jvm jvm;
	struct evidence evidence;
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return -1;
	if (!make_place(place->dir, sizeof(place->dir)))
		return -1;
	(void)snprintf(place->reports, sizeof(place->reports), "%s/a/b", place->dir);
	(void)snprintf(place->fallback, sizeof(place->fallback), "%s/fallback", place->dir);
	place->config.dir = place->reports;
	place->config.fallback_dir = place->fallback;
	place->jvm.pid = 42;
	evidence_init(&place->evidence, &place->config, &place->jvm);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	evidence_close(&place->evidence);
	(void)remove_all_of(place->dir);
	free(place);
	return 0;
}

static mode_t mode(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 0777;
}

static void read_evidence(const struct evidence *evidence, struct text *text)
{
	char path[PATH_MAX + 32];

	(void)snprintf(path, sizeof(path), "%s/evidence.ndjson", evidence->path);
	assert_int_equal(text_read_file(text, AT_FDCWD, path, 100000), 0);
	text_append(text, "", 1);
}

static void keeps_lines_until_opened(void **state)
{
	struct evidence *evidence = &((struct place *)*state)->evidence;
	struct text text = {};

	evidence_problem(evidence, PART_RECORDS, "before");
	assert_true(evidence_open(evidence));
	evidence_problem(evidence, PART_RECORDS, "after");
	read_evidence(evidence, &text);
	assert_non_null(strstr(text.data, "\"id\":\"e1\",\"event\":\"problem\""));
	assert_non_null(strstr(text.data, "before"));
	assert_non_null(strstr(text.data, "\"id\":\"e2\""));
	text_free(&text);
	assert_int_equal(mode(evidence->path), 0700);
}

static void publishes_by_a_rename(void **state)
{
	struct place *place = *state;
	char expected[PATH_MAX];

	assert_true(evidence_open(&place->evidence));
	assert_non_null(strstr(place->evidence.path, ".partial"));
	evidence_publish(&place->evidence);
	(void)snprintf(expected, sizeof(expected), "%s/%s", place->reports, place->evidence.id);
	assert_string_equal(place->evidence.path, expected);
	assert_int_equal(access(expected, R_OK), 0);
}

/* A file where the directory should be. */
static void falls_back(void **state)
{
	struct place *place = *state;
	char blocked[80];
	struct text text = {};

	(void)snprintf(blocked, sizeof(blocked), "%s/a", place->dir);
	close(open(blocked, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_true(evidence_open(&place->evidence));
	assert_string_equal(place->evidence.parent, place->fallback);
	read_evidence(&place->evidence, &text);
	assert_non_null(strstr(text.data, "can't write in"));
	text_free(&text);
}

/* As when the disk fills up: nothing that was said before is lost. */
static void moves_on_when_writing_fails(void **state)
{
	struct place *place = *state;
	struct evidence *evidence = &place->evidence;
	struct text text = {};
	char first[PATH_MAX];

	evidence_problem(evidence, PART_RECORDS, "first words");
	assert_true(evidence_open(evidence));
	(void)snprintf(first, sizeof(first), "%s", evidence->path);
	close(evidence->fd);
	evidence->fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	evidence_problem(evidence, PART_RECORDS, "last words");
	assert_string_equal(evidence->parent, place->fallback);
	read_evidence(evidence, &text);
	assert_non_null(strstr(text.data, "first words"));
	assert_non_null(strstr(text.data, "last words"));
	text_free(&text);
	assert_int_equal(access(first, F_OK), -1);
}

/* Another user's, or one that others may write to: also where it is the first place. */
static void refuses_what_others_own(void **state)
{
	struct place *place = *state;
	struct text text = {};

	(void)snprintf(place->reports, sizeof(place->reports), "%s/shared", place->dir);
	assert_int_equal(mkdir(place->reports, 0700), 0);
	assert_int_equal(chmod(place->reports, geteuid() ? 0777 : 0700), 0);
	assert_int_equal(chown(place->reports, geteuid() ? (uid_t)-1 : 4711, (gid_t)-1), 0);
	assert_int_equal(mkdir(place->fallback, 0700), 0);
	assert_int_equal(chmod(place->fallback, 0770), 0);
	assert_true(evidence_open(&place->evidence));
	assert_int_equal(place->evidence.place, 2);
	read_evidence(&place->evidence, &text);
	assert_non_null(strstr(text.data, "another user owns it, or may write to it"));
	text_free(&text);
}

/* All names that can be foreseen have been taken by somebody else. */
static void has_a_place_that_nobody_foresees(void **state)
{
	struct place *place = *state;
	char taken[128];

	place->config.dir = "/proc/nowhere";
	(void)snprintf(taken, sizeof(taken), "%s", place->fallback);
	close(open(taken, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	(void)snprintf(taken, sizeof(taken), "%s-%u", place->fallback, geteuid());
	close(open(taken, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	place->evidence.place = 0;
	assert_true(evidence_open(&place->evidence));
	while (place->evidence.place < 4)
		assert_true(evidence_move(&place->evidence, -ENOSPC));
	assert_int_equal(strncmp(place->evidence.parent, taken, strlen(taken)), 0);
	assert_int_equal(strlen(place->evidence.parent), strlen(taken) + 7);
	assert_int_equal(mode(place->evidence.parent), 0700);
	assert_false(evidence_move(&place->evidence, -ENOSPC));
}

/* The host's memory is not the process's to take. */
static void has_a_bound(void **state)
{
	struct evidence *evidence = &((struct place *)*state)->evidence;
	static char much[1 << 20];

	memset(much, 'x', sizeof(much) - 1);
	for (size_t i = 0; i < 300; i++) {
		json_string(evidence_begin(evidence, "problem", 1), "what", much);
		evidence_end(evidence);
	}
	assert_true(evidence->lines.len < 193U << 20);
	assert_true(evidence->left_out > 100);
	event_complete(evidence, true);
	text_append(&evidence->lines, "", 1);
	assert_non_null(strstr(evidence->lines.data + evidence->line_at - 200, "are left out"));
	assert_non_null(strstr(evidence->lines.data + evidence->line_at, "\"complete\""));
}

/* Of a process that was killed while it wrote a line. */
static void inherits_whole_lines(void **state)
{
	struct evidence *evidence = &((struct place *)*state)->evidence;
	struct text text = {};
	char path[200];
	int fd;

	evidence->lines = evidence_shared_memory();
	assert_non_null(evidence->lines.data);
	evidence_problem(evidence, PART_RECORDS, "noted");
	assert_true(evidence_open(evidence));
	(void)evidence_begin(evidence, "problem", 1);
	close(evidence->fd);
	close(evidence->dir_fd);
	close(evidence->parent_fd);
	assert_true(evidence_inherit(evidence));
	evidence_problem(evidence, PART_RECORDS, "by the heir");
	read_evidence(evidence, &text);
	assert_non_null(strstr(text.data, "noted\"}\n{\"id\":\"e3\""));
	assert_non_null(strstr(text.data, "by the heir"));
	text_free(&text);
	evidence_publish(evidence);
	assert_true(evidence_find_published(evidence, path, sizeof(path)));
	fd = openat(evidence->dir_fd, "report.json", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_false(evidence_inherit(evidence)); /* there is nothing left to do */
}

static void notes_records_of_a_wrong_size(void **state)
{
	struct evidence *evidence = &((struct place *)*state)->evidence;
	struct exit_event event = { .header.kind = EVENT_EXIT };

	assert_int_equal(record_event(evidence, &event, sizeof(event) - 1), 0);
	assert_int_equal(record_event(evidence, &event, 3), 0);
	assert_int_equal(record_event(evidence, &event, sizeof(event)), EVENT_EXIT);
	assert_int_equal(evidence->next_id, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keeps_lines_until_opened, set_up, tear_down),
		cmocka_unit_test_setup_teardown(publishes_by_a_rename, set_up, tear_down),
		cmocka_unit_test_setup_teardown(falls_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(moves_on_when_writing_fails, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses_what_others_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(has_a_place_that_nobody_foresees, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(has_a_bound, set_up, tear_down),
		cmocka_unit_test_setup_teardown(inherits_whole_lines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(notes_records_of_a_wrong_size, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
