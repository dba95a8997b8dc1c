// SPDX-License-Identifier: Apache-2.0
#include "evidence/grant.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "place.h"

#define USER 65533
#define OTHER 65532

/* As setxattr(2) answers where the file system has no such lists. */
static bool has_no_lists;

int fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)
{
	if (!has_no_lists)
		return (int)syscall(SYS_fsetxattr, fd, name, value, size, flags);
	errno = EOPNOTSUPP;
	return -1;
}

static int set_up(void **state)
{
	has_no_lists = false;
	if (set_up_place(state))
		return -1;
	close(dir);
	dir = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0;
}

static void create(const char *name, mode_t mode)
{
	int fd = openat(dir, name, O_CREAT | O_WRONLY | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	close(fd);
}

struct reader {
	uid_t user;
	const char *name;
	int flags;
	int err; /* expected */
};

static void open_as(void *context)
{
	const struct reader *reader = context;
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", place, reader->name);
	CHILD_ASSERT(setresgid(reader->user, reader->user, reader->user) == 0);
	CHILD_ASSERT(setresuid(reader->user, reader->user, reader->user) == 0);
	fd = open(path, reader->flags | O_CLOEXEC, 0600);
	CHILD_ASSERT(reader->err ? fd < 0 && errno == reader->err : fd >= 0);
}

static void assert_open(uid_t user, const char *name, int flags, int err)
{
	struct reader reader = { user, name, flags, err };

	assert_int_equal(run_in_child(open_as, &reader), 0);
}

static void check_rights(void)
{
	create("report.json", 0600);
	create(".hidden", 0600);
	assert_open(USER, ".", O_RDONLY, EACCES);
	store_grant(dir, USER);
	assert_open(USER, ".", O_RDONLY, 0);
	assert_open(USER, "report.json", O_RDONLY, 0);
	assert_open(USER, "report.json", O_RDWR, EACCES);
	assert_open(USER, "new", O_CREAT | O_WRONLY, EACCES);
	assert_open(USER, ".hidden", O_RDONLY, EACCES);
	assert_open(OTHER, ".", O_RDONLY, EACCES);
	assert_open(OTHER, "report.json", O_RDONLY, EACCES);
	assert_open(0, "report.json", O_RDWR, 0);
}

static void the_user_reads_and_nobody_else(void **state)
{
	struct stat status;

	(void)state;
	check_rights();
	assert_int_equal(fstat(dir, &status), 0);
	assert_int_equal(status.st_uid, 0);
}

static void so_it_is_where_there_are_no_lists(void **state)
{
	(void)state;
	has_no_lists = true;
	check_rights();
}

static void a_grant_can_be_repeated(void **state)
{
	(void)state;
	create("report.json", 0600);
	store_grant(dir, USER);
	store_grant(dir, OTHER);
	assert_open(OTHER, "report.json", O_RDONLY, 0);
	assert_open(USER, ".", O_RDONLY, EACCES);
}

static void names_alone(void **state)
{
	(void)state;
	create("report.json", 0600);
	assert_true(store_grant_names(dir, USER));
	assert_open(USER, ".", O_RDONLY, 0);
	assert_open(USER, "report.json", O_RDONLY, EACCES);
}

/* Two names for one file, links, and what is not root's: root's rights are not lent to these. */
static void no_foreign_file_is_granted(void **state)
{
	char target[128];

	(void)state;
	create("outside", 0600);
	create("theirs", 0600);
	assert_int_equal(fchownat(dir, "theirs", OTHER, OTHER, 0), 0);
	assert_int_equal(linkat(dir, "outside", dir, "second", 0), 0);
	create("target", 0600);
	(void)snprintf(target, sizeof(target), "%s/.target", place);
	assert_int_equal(renameat(dir, "target", dir, ".target"), 0);
	assert_int_equal(symlinkat(target, dir, "link"), 0);
	assert_int_equal(mkfifoat(dir, "fifo", 0600), 0);
	store_grant(dir, USER);
	assert_open(USER, "second", O_RDONLY, EACCES);
	assert_open(USER, "theirs", O_RDONLY, EACCES);
	assert_open(USER, "link", O_RDONLY, EACCES);
	assert_open(USER, "fifo", O_RDONLY | O_NONBLOCK, EACCES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_user_reads_and_nobody_else, set_up,
						tear_down_place),
		cmocka_unit_test_setup_teardown(so_it_is_where_there_are_no_lists, set_up,
						tear_down_place),
		cmocka_unit_test_setup_teardown(a_grant_can_be_repeated, set_up, tear_down_place),
		cmocka_unit_test_setup_teardown(names_alone, set_up, tear_down_place),
		cmocka_unit_test_setup_teardown(no_foreign_file_is_granted, set_up,
						tear_down_place),
	};

	if (geteuid()) {
		print_message("only root can let others read\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
