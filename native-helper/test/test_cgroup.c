// SPDX-License-Identifier: Apache-2.0
#include "process/cgroup.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "place.h"

static void write_file(const char *content)
{
	int fd = openat(dir, "cgroup", O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(text_write(fd, content, strlen(content)), 0);
	close(fd);
}

static void assert_path(const char *content, const char *expected)
{
	char path[PATH_MAX] = "as before";

	write_file(content);
	cgroup_memory_path(dir, "cgroup", path, sizeof(path));
	assert_string_equal(path, expected);
}

static void finds_the_memory_controllers_path(void **state)
{
	(void)state;
	assert_path("0::/user.slice/a b.scope\n", "/user.slice/a b.scope");
	assert_path("0::/\n", "/");
	assert_path("0::/without an end", "/without an end");
	/* version 1 beside version 2: the controller is in one of the two */
	assert_path("5:memory:/old\n1:name=systemd:/x\n0::/new\n", "/old");
	assert_path("0::/new\n5:memory:/old\n", "/old");
	assert_path("12:pids:/p\n4:cpu,cpuacct:/c\n0::/new\n", "/new");
}

/* Whoever may make cgroups chooses their names. */
static void a_name_is_no_controller(void **state)
{
	(void)state;
	assert_path("3:pids:/a:memory:/b\n0::/new\n", "/new");
	assert_path("0::/a:memory:/b\n", "/a:memory:/b");
	assert_path("0::/first\n0::/second\n", "/first");
}

static void a_file_without_one_has_no_path(void **state)
{
	char path[16] = "as before";

	(void)state;
	assert_path("", "");
	assert_path("\n\n\n", "");
	assert_path("no cgroup\n0:\n:\n", "");
	assert_path("1:name=systemd:/x\n", "");
	cgroup_memory_path(dir, "none", path, sizeof(path));
	assert_string_equal(path, "");
}

static void a_path_that_is_too_long_is_cut_off(void **state)
{
	char path[8];

	(void)state;
	write_file("0::/0123456789\n");
	cgroup_memory_path(dir, "cgroup", path, sizeof(path));
	assert_string_equal(path, "/012345");
}

/* The memory behind the text is not read: its last line may be cut off anywhere. */
static void no_byte_behind_the_text_counts(void **state)
{
	static const char *const wholes[] = { "0::/jmortem/none", "5:memory:/jmortem/none" };

	(void)state;
	for (size_t i = 0; i < sizeof(wholes) / sizeof(*wholes); i++)
		for (size_t len = 1; len <= strlen(wholes[i]); len++) {
			struct text cgroup = { .data = malloc(len), .len = len, .size = len };
			unsigned int levels;
			int fd;

			assert_non_null(cgroup.data);
			memcpy(cgroup.data, wholes[i], len);
			fd = cgroup_open_memory(&cgroup, &levels);
			if (fd >= 0)
				close(fd);
			text_free(&cgroup);
		}
}

/* As in a container, whose own cgroup is the root that it sees. */
static void the_mount_point_stands_in_for_what_is_not_below_it(void **state)
{
	static const char name[] = "0::/jmortem/is/not/here\n";
	struct text cgroup = {};
	unsigned int levels = 7;
	struct stat mount, found;
	int fd;

	(void)state;
	if (stat("/sys/fs/cgroup", &mount)) {
		print_message("skipped: nothing is mounted on /sys/fs/cgroup\n");
		skip();
	}
	text_append_string(&cgroup, name);
	fd = cgroup_open_memory(&cgroup, &levels);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &found), 0);
	assert_int_equal(found.st_ino, mount.st_ino);
	assert_int_equal(levels, 0);
	close(fd);
	text_free(&cgroup);
}

static bool is_mount_point(int fd)
{
	static const char *const mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/memory" };
	struct stat at, mount;

	assert_int_equal(fstat(fd, &at), 0);
	for (size_t i = 0; i < sizeof(mounts) / sizeof(*mounts); i++)
		if (stat(mounts[i], &mount) == 0 && at.st_dev == mount.st_dev &&
		    at.st_ino == mount.st_ino)
			return true;
	return false;
}

static void levels_are_the_parents_below_the_mount_point(void **state)
{
	int before = count_descriptors(), fd;
	unsigned int levels = 0;

	(void)state;
	fd = cgroup_open_memory_of(AT_FDCWD, "/proc/self/cgroup", &levels);
	if (fd < 0) {
		print_message("skipped: this process has no cgroup that can be opened\n");
		skip();
	}
	for (; levels > 0; levels--) {
		int parent = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		assert_false(is_mount_point(fd));
		close(fd);
		fd = parent;
		assert_true(fd >= 0);
	}
	assert_true(is_mount_point(fd));
	close(fd);
	assert_int_equal(count_descriptors(), before);
}

static void without_the_file_there_is_none(void **state)
{
	int before = count_descriptors();
	unsigned int levels = 7;

	(void)state;
	assert_int_equal(cgroup_open_memory_of(dir, "none", &levels), -1);
	assert_int_equal(levels, 0);
	levels = 7;
	write_file("");
	assert_int_equal(cgroup_open_memory_of(dir, "cgroup", &levels), -1);
	assert_int_equal(levels, 0);
	assert_int_equal(count_descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds_the_memory_controllers_path, set_up_place,
						tear_down_place),
		cmocka_unit_test_setup_teardown(a_name_is_no_controller, set_up_place,
						tear_down_place),
		cmocka_unit_test_setup_teardown(a_file_without_one_has_no_path, set_up_place,
						tear_down_place),
		cmocka_unit_test_setup_teardown(a_path_that_is_too_long_is_cut_off, set_up_place,
						tear_down_place),
		cmocka_unit_test(no_byte_behind_the_text_counts),
		cmocka_unit_test(the_mount_point_stands_in_for_what_is_not_below_it),
		cmocka_unit_test(levels_are_the_parents_below_the_mount_point),
		cmocka_unit_test_setup_teardown(without_the_file_there_is_none, set_up_place,
						tear_down_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
