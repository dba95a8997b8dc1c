// SPDX-License-Identifier: Apache-2.0
#include "daemon/missed.h"

#include <inttypes.h>
#include <sys/file.h>

#include "place.h"
#include "process/proc_stat.h"

static char socket_path[96], store[96];
static struct config config;

static int set_up(void **state)
{
	if (set_up_place(state))
		return -1;
	(void)snprintf(socket_path, sizeof(socket_path), "%s/socket", place);
	(void)snprintf(store, sizeof(store), "%s/store", place);
	config = (struct config) { .socket = socket_path, .dir = store };
	return mkdirat(dir, "watch", 0700);
}

/* An entry as look.c makes it; returns a descriptor of its directory. */
static int make(const char *name)
{
	static const char content[] = "1000\ncom.example.Shop\n/system.slice/shop.service\n";
	char path[128];
	int entry, fd;

	(void)snprintf(path, sizeof(path), "watch/%s", name);
	assert_int_equal(mkdirat(dir, path, 0700), 0);
	entry = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = openat(entry, "jvm", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_int_equal(text_write(fd, content, sizeof(content) - 1), 0);
	close(fd);
	return entry;
}

static bool exists(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "watch/%s", name);
	return faccessat(dir, path, F_OK, 0) == 0;
}

static void read_history(struct text *text)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/1000/history.ndjson", store);
	(void)text_read_file(text, AT_FDCWD, path, 1 << 20);
}

static pid_t ended_process(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	(void)waitpid(child, NULL, 0);
	return child;
}

static void a_death_that_nobody_saw_is_told(void **state)
{
	char gone[32], reused[32], words[64];
	struct text text = {};
	pid_t pid = ended_process();

	(void)state;
	(void)snprintf(gone, sizeof(gone), "%d-17", pid);
	(void)snprintf(reused, sizeof(reused), "%d-1", getpid()); /* began at another time */
	close(make(gone));
	close(make(reused));
	missed_deaths(&config);
	read_history(&text);
	(void)snprintf(words, sizeof(words), "\"pid\":%d,\"event\":\"missed\",\"name\"", pid);
	assert_true(has_words(&text, words));
	(void)snprintf(words, sizeof(words), "\"pid\":%d,\"event\":\"missed\"", getpid());
	assert_true(has_words(&text, words));
	assert_true(has_words(&text, "com.example.Shop"));
	assert_false(exists(gone));
	assert_false(exists(reused));
	text_free(&text);
}

static void nothing_is_said_of_the_living_and_the_watched(void **state)
{
	char living[64], watched[32];
	struct text text = {};
	uint64_t start = 0;
	int entry;

	(void)state;
	assert_true(proc_stat_start(AT_FDCWD, "/proc/self/stat", &start));
	(void)snprintf(living, sizeof(living), "%d-%" PRIu64, getpid(), start);
	(void)snprintf(watched, sizeof(watched), "%d-17", ended_process());
	close(make(living));
	entry = make(watched);
	assert_int_equal(flock(entry, LOCK_SH), 0); /* its report is being made */
	missed_deaths(&config);
	read_history(&text);
	assert_int_equal(text.len, 0);
	assert_true(exists(watched));
	close(entry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_death_that_nobody_saw_is_told, set_up,
						tear_down_place),
		cmocka_unit_test_setup_teardown(nothing_is_said_of_the_living_and_the_watched,
						set_up, tear_down_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
