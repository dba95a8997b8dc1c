// SPDX-License-Identifier: Apache-2.0
#include "watch/termination.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "place.h"

#define NOBODY 65534
#define UID "0a1b2c3d-4e5f-4a6b-8c7d-0123456789ab"

static struct config config;
static struct jvm jvm;
static struct evidence evidence;

/* The place is the root directory of the process, and its /proc too. */
static int set_up(void **state)
{
	if (set_up_place(state) || chmod(place, 0755) || mkdirat(dir, "task", 0755) ||
	    mkdirat(dir, "task/7", 0755) || mkdirat(dir, "dev", 0777) ||
	    fchmodat(dir, "dev", 0777, 0))
		return -1;
	config = (struct config) {};
	jvm = (struct jvm) { .pid = 7, .tid = 7, .proc_fd = dir, .root_fd = dir };
	evidence_init(&evidence, &config, &jvm);
	evidence.user = (struct jvm_user) { true, getuid(), geteuid(), getegid() };
	return 0;
}

static void create(const char *path, const char *content, mode_t mode)
{
	int fd = openat(dir, path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(text_write(fd, content, strlen(content)), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void assert_content(const char *path, const char *expected)
{
	struct text text = {};

	assert_int_equal(text_read_file(&text, dir, path, 65536), 0);
	text_append(&text, "", 1);
	assert_string_equal(text.data, expected);
	text_free(&text);
}

/* ---- where it is ----------------------------------------------------------------- */

static void assert_found(const char *mounts, const char *expected)
{
	char path[PATH_MAX];

	create("task/7/mountinfo", mounts, 0600);
	assert_int_equal(termination_find(&config, &jvm, path, sizeof(path)), *expected != '\0');
	assert_string_equal(path, expected);
}

#define MOUNT(file, point) "21 1 8:1 " file " " point " rw,relatime - ext4 /dev/sda1 rw\n"

static void the_daemon_finds_the_kubelets_mount(void **state)
{
	(void)state;
	config.is_for_tenant = true;
	assert_found(MOUNT("/", "/") MOUNT("/var/lib/kubelet/pods/" UID "/containers/app/1a2b3c4d",
					   "/dev/termination-log"),
		     "/dev/termination-log");
	assert_found(MOUNT("/kubelet/pods/" UID "/containers/app/1a2b3c4d", "/last/words"),
		     "/last/words");
	assert_found(MOUNT("/anything", "/dev/termination-log"), "/dev/termination-log");
}

static void other_mounts_are_none(void **state)
{
	(void)state;
	config.is_for_tenant = true;
	assert_found("", "");
	assert_found("nonsense\n\n 1\n", "");
	assert_found(MOUNT("/pods/" UID "/volumes/app/1a2b3c4d", "/data"), "");
	assert_found(MOUNT("/pods/" UID "/containers/app/1a2b3c4d/further", "/data"), "");
	assert_found(MOUNT("/pods/no-uid/containers/app/1a2b3c4d", "/data"), "");
	assert_found(MOUNT("/pods/" UID "/containers//1a2b3c4d", "/data"), "");
	assert_found(MOUNT("/pods/" UID "/containers/app/1a2b3c4d", "/with\\040blank"), "");
	assert_found(MOUNT("/x", "/dev/termination-log2"), "");
}

static void an_agent_has_to_ask_for_it(void **state)
{
	static const char mounts[] = MOUNT("/x", "/dev/termination-log");

	(void)state;
	assert_found(mounts, "");
	config.termination_message = "auto";
	assert_found(mounts, "/dev/termination-log");
	config.termination_message = "/last/words";
	assert_found(mounts, "/last/words");
	config.is_for_tenant = true;
	config.termination_message = "off";
	assert_found(mounts, "");
}

/* ---- writing it ------------------------------------------------------------------ */

static bool write_message(const char *message)
{
	return termination_write(&evidence, "/dev/log", message,
				 monotonic_ns() + 10 * NANOS_PER_SECOND);
}

static void the_message_replaces_the_one_before(void **state)
{
	(void)state;
	create("dev/log", "a longer text than the next one", 0600);
	assert_true(write_message("first\n"));
	assert_content("dev/log", "first\n");
	assert_true(write_message("second\n"));
	assert_content("dev/log", "second\n");
}

static void it_has_a_bound(void **state)
{
	static char message[8192];
	struct stat status;

	(void)state;
	create("dev/log", "", 0600);
	memset(message, 'x', sizeof(message) - 1);
	assert_true(write_message(message));
	assert_int_equal(fstatat(dir, "dev/log", &status, 0), 0);
	assert_int_equal(status.st_size, TERMINATION_MAX);
}

static void it_is_never_created(void **state)
{
	(void)state;
	assert_false(write_message("x"));
	assert_int_equal(faccessat(dir, "dev/log", F_OK, AT_SYMLINK_NOFOLLOW), -1);
}

/* A container's root may put what it wants there. */
static void nothing_but_a_plain_file_is_written(void **state)
{
	char target[128];

	(void)state;
	create("secret", "untouched", 0600);
	(void)snprintf(target, sizeof(target), "%s/secret", place);
	assert_int_equal(symlinkat("/secret", dir, "dev/log"), 0);
	assert_false(write_message("x"));
	assert_int_equal(unlinkat(dir, "dev/log", 0), 0);
	assert_int_equal(linkat(dir, "secret", dir, "dev/log", 0), 0);
	assert_false(write_message("x"));
	assert_content("secret", "untouched");
	assert_int_equal(unlinkat(dir, "dev/log", 0), 0);
	assert_int_equal(mkfifoat(dir, "dev/log", 0666), 0);
	assert_false(write_message("x"));
	assert_int_equal(unlinkat(dir, "dev/log", 0), 0);
	assert_int_equal(mkdirat(dir, "dev/log", 0777), 0);
	assert_false(write_message("x"));
}

static void links_do_not_lead_out_of_the_root(void **state)
{
	char outside[] = "/tmp/jmortem-test-XXXXXX", path[64];
	struct stat status;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(outside));
	(void)snprintf(path, sizeof(path), "%s/log", outside);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
	close(fd);
	assert_int_equal(unlinkat(dir, "dev", AT_REMOVEDIR), 0);
	assert_int_equal(symlinkat(outside, dir, "dev"), 0);
	assert_false(write_message("x"));
	assert_int_equal(unlinkat(dir, "dev", 0), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size, 0);
	assert_int_equal(mkdirat(dir, "dev", 0777), 0);
	(void)remove_all_of(outside);
}

static void it_is_written_with_the_rights_of_the_processs_user(void **state)
{
	(void)state;
	if (geteuid()) {
		print_message("skipped: only root can take another user's rights\n");
		skip();
	}
	evidence.user = (struct jvm_user) { true, NOBODY, NOBODY, NOBODY };
	create("dev/log", "roots", 0644);
	assert_false(write_message("x"));
	assert_content("dev/log", "roots");
	create("dev/log", "everybodys", 0666); /* as the kubelet makes it */
	assert_true(write_message("x"));
	assert_content("dev/log", "x");
	evidence.user = (struct jvm_user) {};
	assert_false(write_message("unknown"));
}

static void without_time_it_is_not_written(void **state)
{
	(void)state;
	create("dev/log", "before", 0600);
	assert_false(termination_write(&evidence, "/dev/log", "x", monotonic_ns()));
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* ---- its content ----------------------------------------------------------------- */

static void assert_screen(const char *report, const char *expected)
{
	char message[TERMINATION_MAX + 1];

	create("report.txt", report, 0600);
	evidence.dir_fd = dir;
	assert_int_equal(termination_first_screen(&evidence, message, sizeof(message)),
			 strlen(expected));
	if (*expected)
		assert_string_equal(message, expected);
}

static void the_first_screen_ends_with_an_empty_line(void **state)
{
	(void)state;
	assert_screen("JMORTEM   killed\nWHY       x\n\nEVIDENCE\n  e1\n",
		      "JMORTEM   killed\nWHY       x\n");
	assert_screen("one line\n", "one line\n");
	assert_screen("half a line", "");
	assert_screen("", "");
}

static void a_long_screen_is_cut_off_between_lines(void **state)
{
	static char report[8192], expected[8192];

	(void)state;
	memset(report, 'x', 5000);
	for (size_t at = 49; at < 5000; at += 50)
		report[at] = '\n';
	(void)snprintf(expected, TERMINATION_MAX / 50 * 50 + 1, "%s", report);
	assert_screen(report, expected);
}

static void without_a_report_there_is_none(void **state)
{
	char message[TERMINATION_MAX + 1];

	(void)state;
	evidence.dir_fd = dir;
	assert_int_equal(termination_first_screen(&evidence, message, sizeof(message)), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_daemon_finds_the_kubelets_mount),
		TEST(other_mounts_are_none),
		TEST(an_agent_has_to_ask_for_it),
		TEST(the_message_replaces_the_one_before),
		TEST(it_has_a_bound),
		TEST(it_is_never_created),
		TEST(nothing_but_a_plain_file_is_written),
		TEST(links_do_not_lead_out_of_the_root),
		TEST(it_is_written_with_the_rights_of_the_processs_user),
		TEST(without_time_it_is_not_written),
		TEST(the_first_screen_ends_with_an_empty_line),
		TEST(a_long_screen_is_cut_off_between_lines),
		TEST(without_a_report_there_is_none),
	};

	end_if_stuck();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
