// SPDX-License-Identifier: Apache-2.0
#include "test.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evidence.h"
#include "record.h"

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
	(void)snprintf(place->dir, sizeof(place->dir), "/tmp/jmortem-test-XXXXXX");
	if (!mkdtemp(place->dir))
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

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int tear_down(void **state)
{
	struct place *place = *state;

	evidence_close(&place->evidence);
	(void)nftw(place->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
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

	evidence_problem(evidence, "before");
	assert_true(evidence_open(evidence));
	evidence_problem(evidence, "after");
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

	evidence_problem(evidence, "first words");
	assert_true(evidence_open(evidence));
	(void)snprintf(first, sizeof(first), "%s", evidence->path);
	close(evidence->fd);
	evidence->fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	evidence_problem(evidence, "last words");
	assert_string_equal(evidence->parent, place->fallback);
	read_evidence(evidence, &text);
	assert_non_null(strstr(text.data, "first words"));
	assert_non_null(strstr(text.data, "last words"));
	text_free(&text);
	assert_int_equal(access(first, F_OK), -1);
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
		cmocka_unit_test_setup_teardown(notes_records_of_a_wrong_size, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
