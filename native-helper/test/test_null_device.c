// SPDX-License-Identifier: Apache-2.0
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/null_device.h"

static void is_at_its_end(void **state)
{
	int fd = open_null(O_CLOEXEC);
	char byte;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(read(fd, &byte, 1), 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
}

/* A child in a user namespace of its own may change its root directory. */
static int look_without_dev(const char *root)
{
	char byte;
	int fd;

	if (unshare(CLONE_NEWUSER) || chroot(root) || chdir("/"))
		return 77; /* not allowed here */
	fd = open_null(0);
	if (fd < 0 || fcntl(fd, F_GETFD) != 0)
		return 1;
	if (read(fd, &byte, 1) != 0)
		return 2;
	return write(fd, "x", 1) == -1 && errno == EPERM ? 0 : 3;
}

static void is_there_where_no_dev_is(void **state)
{
	char root[] = "/tmp/jmortem-test-XXXXXX";
	int status;
	pid_t child;

	(void)state;
	assert_non_null(mkdtemp(root));
	child = fork();
	if (child == 0)
		_exit(look_without_dev(root));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(rmdir(root), 0);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		print_message("skipped: no user namespace can be made here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_at_its_end),
		cmocka_unit_test(is_there_where_no_dev_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
