// SPDX-License-Identifier: Apache-2.0
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path_walk.h"

/*
 *   outside              a file that must not be reached
 *   root/file            root/a/b/file
 *   root/link -> a/b     root/up -> ../outside     root/absolute -> /a/b/file
 *   root/host -> /etc/passwd                       root/loop -> loop
 *   root/magic -> /proc/self/root/etc/passwd
 */
struct place {
	char dir[64];
	int root;
};

static void write_file(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	int dir;

	if (!place)
		return -1;
	if (!make_place(place->dir, sizeof(place->dir)))
		return -1;
	dir = open(place->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	write_file(dir, "outside", "outside");
	assert_int_equal(mkdirat(dir, "root", 0700), 0);
	place->root = openat(dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	close(dir);
	assert_int_equal(mkdirat(place->root, "a", 0700), 0);
	assert_int_equal(mkdirat(place->root, "a/b", 0700), 0);
	write_file(place->root, "file", "file");
	write_file(place->root, "a/b/file", "deep");
	assert_int_equal(symlinkat("a/b", place->root, "link"), 0);
	assert_int_equal(symlinkat("../outside", place->root, "up"), 0);
	assert_int_equal(symlinkat("/a/b/file", place->root, "absolute"), 0);
	assert_int_equal(symlinkat("/etc/passwd", place->root, "host"), 0);
	assert_int_equal(symlinkat("loop", place->root, "loop"), 0);
	assert_int_equal(symlinkat("/proc/self/root/etc/passwd", place->root, "magic"), 0);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	close(place->root);
	(void)remove_all_of(place->dir);
	free(place);
	return 0;
}

static void assert_reads(int fd, const char *text)
{
	char read_text[16] = "";

	assert_true(fd >= 0);
	assert_true(read(fd, read_text, sizeof(read_text) - 1) >= 0);
	close(fd);
	assert_string_equal(read_text, text);
}

static int in_root(const struct place *place, const char *path)
{
	return path_open_in_root(place->root, path, O_RDONLY | O_CLOEXEC);
}

static int walked(const struct place *place, const char *path, unsigned int policy)
{
	return path_walk(place->root, path, policy, O_RDONLY | O_CLOEXEC);
}

/* By the kernel, and by our own walk, which is for where that can't be had. */
static void stays_in_the_root(void **state)
{
	static const struct {
		const char *path, *text;
	} inside[] = {
		{ "/file", "file" },
		{ "file", "file" },
		{ "/a/./b/../b/file", "deep" },
		{ "/../../file", "file" },
		{ "/link/file", "deep" },
		{ "//absolute", "deep" },
		{ "/link/../b/file", "deep" },
	};
	static const char *const missing[] = { "/host", "/up", "/magic", "/a/none", "/a/b/file/x" };
	const struct place *place = *state;

	for (size_t i = 0; i < sizeof(inside) / sizeof(*inside); i++) {
		assert_reads(in_root(place, inside[i].path), inside[i].text);
		assert_reads(walked(place, inside[i].path, 0), inside[i].text);
	}
	for (size_t i = 0; i < sizeof(missing) / sizeof(*missing); i++) {
		int error = i == 4 ? -ENOTDIR : -ENOENT;

		assert_int_equal(in_root(place, missing[i]), error);
		assert_int_equal(walked(place, missing[i], 0), error);
	}
	assert_int_equal(in_root(place, "/loop"), -ELOOP);
	assert_int_equal(walked(place, "/loop", 0), -ELOOP);
}

static void stays_beneath(void **state)
{
	const struct place *place = *state;
	const int flags = O_RDONLY | O_CLOEXEC;

	assert_reads(path_open_beneath(place->root, "link/file", flags), "deep");
	assert_reads(walked(place, "link/file", WALK_BENEATH), "deep");
	assert_int_equal(path_open_beneath(place->root, "absolute", flags), -EXDEV);
	assert_int_equal(walked(place, "absolute", WALK_BENEATH), -EXDEV);
	assert_int_equal(path_open_beneath(place->root, "up", flags), -EXDEV);
	assert_int_equal(walked(place, "up", WALK_BENEATH), -EXDEV);
	assert_int_equal(walked(place, "a/../../outside", WALK_BENEATH), -EXDEV);
}

static void makes_directories(void **state)
{
	const struct place *place = *state;
	struct stat status;
	int fd = path_walk(place->root, "/link/new/one", WALK_MAKE, O_RDONLY | O_DIRECTORY);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(fstatat(place->root, "a/b/new/one", &status, 0), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	assert_int_equal(walked(place, "/none/one", 0), -ENOENT);
}

/* A link that somebody else has put there leads root where that one wants. */
static void follows_no_strangers_links(void **state)
{
	const struct place *place = *state;

	if (geteuid() != 0)
		skip();
	assert_int_equal(fchownat(place->root, "link", 4711, 4711, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(walked(place, "/link/file", WALK_TRUSTED_LINKS), -EPERM);
	assert_int_equal(path_walk(place->root, "/link/new", WALK_TRUSTED_LINKS | WALK_MAKE,
				   O_RDONLY | O_DIRECTORY),
			 -EPERM);
	assert_reads(walked(place, "/link/file", 0), "deep");
	assert_reads(walked(place, "/absolute", WALK_TRUSTED_LINKS), "deep");
}

/* Names and paths that are too long, and more directories than there are descriptors for. */
static void has_bounds(void **state)
{
	const struct place *place = *state;
	char path[2 * PATH_MAX];
	int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(lowest);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(walked(place, path, 0), -ENAMETOOLONG);
	path[300] = '\0';
	assert_int_equal(walked(place, path, 0), -ENAMETOOLONG);
	for (size_t i = 0; i < 2000; i += 2)
		memcpy(path + i, "d/", 3);
	assert_int_equal(walked(place, path, WALK_MAKE), -ELOOP);
	/* nothing was left open */
	assert_int_equal(open("/dev/null", O_RDONLY | O_CLOEXEC), lowest);
	close(lowest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(stays_in_the_root, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stays_beneath, set_up, tear_down),
		cmocka_unit_test_setup_teardown(makes_directories, set_up, tear_down),
		cmocka_unit_test_setup_teardown(follows_no_strangers_links, set_up, tear_down),
		cmocka_unit_test_setup_teardown(has_bounds, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
