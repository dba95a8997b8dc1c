// SPDX-License-Identifier: Apache-2.0
#include "evidence/loan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "place.h"
#include "process/throwaway.h"

static int evidence;

static int set_up(void **state)
{
	if (set_up_place(state))
		return -1;
	evidence = openat(dir, "evidence.ndjson", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(dir);
	dir = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return evidence < 0 || dir < 0;
}

static int tear_down(void **state)
{
	close(evidence);
	return tear_down_place(state);
}

static bool create(const char *name)
{
	int fd = openat(dir, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);

	close(fd);
	return fd >= 0;
}

/* As the reporter does: it rewrites the evidence, too. */
static void write_report(void *context)
{
	throwaway_become(*(const uid_t *)context);
	CHILD_ASSERT(create("report.json") && create("new"));
	CHILD_ASSERT(renameat(dir, "new", dir, "evidence.ndjson") == 0);
	CHILD_ASSERT(fchmodat(dir, "report.json", 06777, 0) == 0);
}

static struct stat status_of(const char *name)
{
	struct stat status = {};

	assert_int_equal(fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW), 0);
	return status;
}

static void assert_is_ours(const char *name, mode_t mode)
{
	struct stat status = status_of(name);

	assert_int_equal(status.st_uid, geteuid());
	assert_int_equal(status.st_gid, getegid());
	assert_int_equal(status.st_mode, mode);
}

static void assert_is_gone(const char *name)
{
	assert_int_equal(faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW), -1);
	assert_int_equal(errno, ENOENT);
}

static void what_is_written_is_ours_afterwards(void **state)
{
	uid_t user = throwaway_choose();

	(void)state;
	assert_true(loan_begin(dir, evidence, user));
	assert_int_equal(run_in_child(write_report, &user), 0);
	assert_int_equal(status_of("report.json").st_uid, user);
	assert_true(loan_end(dir));
	assert_is_ours(".", S_IFDIR | 0700);
	assert_is_ours("report.json", S_IFREG | 0600);
	assert_is_ours("evidence.ndjson", S_IFREG | 0600);
	assert_false(loan_end(dir));
}

static void try_to_write(void *context)
{
	(void)context;
	throwaway_become(throwaway_choose());
	CHILD_ASSERT(openat(dir, "report.json", O_CREAT | O_WRONLY | O_CLOEXEC, 0600) == -1);
	CHILD_ASSERT(errno == EACCES);
}

static void nobody_else_gets_in_meanwhile(void **state)
{
	(void)state;
	assert_true(loan_begin(dir, evidence, throwaway_choose()));
	assert_int_equal(run_in_child(try_to_write, NULL), 0);
	assert_true(loan_end(dir));
}

/* By a reporter that its input has taken over. */
static void leave_other_things(void *context)
{
	throwaway_become(*(const uid_t *)context);
	CHILD_ASSERT(symlinkat("/etc/shadow", dir, "link") == 0);
	CHILD_ASSERT(mkdirat(dir, "directory", 0777) == 0);
	CHILD_ASSERT(mkfifoat(dir, "fifo", 0777) == 0);
	CHILD_ASSERT(create("file") && linkat(dir, "file", dir, "second", 0) == 0);
	CHILD_ASSERT(create("report.json"));
}

static void only_plain_files_remain(void **state)
{
	uid_t user = throwaway_choose();

	(void)state;
	assert_true(loan_begin(dir, evidence, user));
	assert_int_equal(run_in_child(leave_other_things, &user), 0);
	/* that of another user: where links to foreign files are not restricted */
	assert_true(create("foreign"));
	assert_true(loan_end(dir));
	assert_is_gone("link");
	assert_is_gone("directory");
	assert_is_gone("fifo");
	assert_is_gone("foreign");
	assert_is_ours("report.json", S_IFREG | 0600);
	assert_int_equal(access("/etc/shadow", F_OK), 0);
}

static void become_given(void *context)
{
	throwaway_become(*(const uid_t *)context);
}

static void its_processes_end_with_the_loan(void **state)
{
	uid_t user = throwaway_choose();
	pid_t left = start_waiting(become_given, &user);
	int status = 0;

	(void)state;
	assert_true(loan_begin(dir, evidence, user));
	assert_true(loan_end(dir));
	assert_int_equal(waitpid(left, &status, 0), left);
	assert_true(WIFSIGNALED(status));
}

static void what_was_not_lent_stays(void **state)
{
	(void)state;
	assert_true(create("report.json"));
	assert_false(loan_end(dir));
	assert_int_equal(status_of("report.json").st_uid, geteuid());
}

static void nothing_is_lent_where_it_fails(void **state)
{
	int closed = fcntl(dir, F_DUPFD_CLOEXEC, 0);

	(void)state;
	close(closed);
	assert_false(loan_begin(closed, evidence, throwaway_choose()));
	assert_false(loan_begin(dir, closed, throwaway_choose()));
	assert_is_ours(".", S_IFDIR | 0700);
	assert_int_equal(status_of("evidence.ndjson").st_uid, geteuid());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_written_is_ours_afterwards, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(nobody_else_gets_in_meanwhile, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_plain_files_remain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(its_processes_end_with_the_loan, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_not_lent_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_lent_where_it_fails, set_up, tear_down),
	};

	end_if_stuck();
	if (!throwaway_choose()) {
		print_message("there are throw-away users only for root\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
