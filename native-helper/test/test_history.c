// SPDX-License-Identifier: Apache-2.0
#include "evidence/history.h"

#include "place.h"

static char store[96];

static int set_up(void **state)
{
	(void)snprintf(store, sizeof(store), "/nowhere");
	if (set_up_place(state))
		return -1;
	(void)snprintf(store, sizeof(store), "%s/store", place);
	return 0;
}

static void read_lines(const char *name, struct text *text)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", store, name);
	assert_int_equal(text_read_file(text, AT_FDCWD, path, 4 << 20), 0);
}

static void a_line_tells_an_end(void **state)
{
	const struct history_line line = {
		.event = "ended",
		.pid = 42,
		.has_status = true,
		.status = 0x8f00,
		.name = "com.example.\"Shop\"",
		.cgroup = "/system.slice/shop.service",
	};
	struct text text = {};
	int user = store_open_user(store, 1000);

	(void)state;
	assert_true(user >= 0);
	assert_int_equal(history_add(user, &line), 0);
	close(user);
	read_lines("1000/history.ndjson", &text);
	assert_true(has_words(&text, "\"pid\":42,\"event\":\"ended\",\"status\":36608,"
				     "\"name\":\"com.example.\\\"Shop\\\"\","
				     "\"cgroup\":\"/system.slice/shop.service\"}\n"));
	text_free(&text);
}

static void what_is_not_known_is_not_told(void **state)
{
	const struct history_line line = { .event = "missed", .pid = 43, .name = "", .cgroup = "" };
	struct text text = {};
	int user = store_open_user(store, 1001);

	(void)state;
	assert_int_equal(history_add(user, &line), 0);
	close(user);
	read_lines("1001/history.ndjson", &text);
	assert_false(has_words(&text, "status"));
	text_free(&text);
}

static void the_file_is_bounded(void **state)
{
	const struct history_line line = {
		.event = "ended",
		.pid = 42,
		.name = "Shop",
		.cgroup = "/",
	};
	int user = store_open_user(store, 1002);
	struct stat status;

	(void)state;
	for (int i = 0; i < 30000; i++)
		assert_int_equal(history_add(user, &line), 0);
	assert_int_equal(fstatat(user, "history.ndjson", &status, 0), 0);
	assert_in_range(status.st_size, 1, 2 << 20);
	assert_int_equal(fstatat(user, "history-1.ndjson", &status, 0), 0);
	assert_in_range(status.st_size, 1 << 20, 2 << 20);
	close(user);
}

/* Users find their directory, and see nothing of others. */
static void others_can_not_list_the_store(void **state)
{
	int user = store_open_user(store, 1003);
	struct stat status;

	(void)state;
	assert_int_equal(fstat(user, &status), 0);
	assert_int_equal(status.st_mode & 0007, 0);
	assert_int_equal(stat(store, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0711);
	close(user);
}

static void a_link_is_not_followed(void **state)
{
	char link[160];

	(void)state;
	close(store_open_user(store, 1004));
	(void)snprintf(link, sizeof(link), "%s/1005", store);
	assert_int_equal(symlink("1004", link), 0);
	assert_true(store_open_user(store, 1005) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_line_tells_an_end, set_up, tear_down_place),
		cmocka_unit_test_setup_teardown(what_is_not_known_is_not_told, set_up,
						tear_down_place),
		cmocka_unit_test_setup_teardown(the_file_is_bounded, set_up, tear_down_place),
		cmocka_unit_test_setup_teardown(others_can_not_list_the_store, set_up,
						tear_down_place),
		cmocka_unit_test_setup_teardown(a_link_is_not_followed, set_up, tear_down_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
