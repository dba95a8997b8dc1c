// SPDX-License-Identifier: Apache-2.0
#include "base/daemonize.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static bool is_null(int fd)
{
	struct stat file, null;

	return fstat(fd, &file) == 0 && stat("/dev/null", &null) == 0 &&
	       file.st_rdev == null.st_rdev && S_ISCHR(file.st_mode);
}

static int open_null_as(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == fd)
		return fd;
	if (dup2(null, fd) != fd)
		return -1;
	close(null);
	return fd;
}

static void become_daemon(void *context)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGPIPE, SIGCHLD };
	struct rlimit core = { 1 << 20, RLIM_INFINITY };
	sigset_t blocked;
	char cwd[64];

	(void)context;
	(void)getrlimit(RLIMIT_CORE, &core);
	daemonize();
	CHILD_ASSERT(getsid(0) == getpid());
	CHILD_ASSERT(getrlimit(RLIMIT_CORE, &core) == 0 && !core.rlim_cur && !core.rlim_max);
	CHILD_ASSERT(umask(0) == 077);
	CHILD_ASSERT(getcwd(cwd, sizeof(cwd)) && strcmp(cwd, "/") == 0);
	CHILD_ASSERT(sigprocmask(SIG_SETMASK, NULL, &blocked) == 0);
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		CHILD_ASSERT(sigismember(&blocked, ends[i]));
	CHILD_ASSERT(kill(getpid(), SIGTERM) == 0);
	CHILD_ASSERT(kill(0, SIGHUP) == 0);
}

static void outlives_the_session_that_it_came_from(void **state)
{
	(void)state;
	assert_int_equal(run_in_child(become_daemon, NULL), 0);
}

static void fill_all(void *context)
{
	int before, after;

	(void)context;
	before = count_descriptors();
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	fill_standard_descriptors();
	after = count_descriptors();
	_exit(!is_null(STDIN_FILENO) || !is_null(STDOUT_FILENO) || !is_null(STDERR_FILENO) ||
	      before != after);
}

static void fill_one(void *context)
{
	int before = count_descriptors();
	bool was_null = is_null(STDERR_FILENO);

	(void)context;
	close(STDOUT_FILENO);
	fill_standard_descriptors();
	CHILD_ASSERT(is_null(STDOUT_FILENO));
	CHILD_ASSERT(is_null(STDERR_FILENO) == was_null);
	CHILD_ASSERT(count_descriptors() == before);
	fill_standard_descriptors();
	CHILD_ASSERT(count_descriptors() == before);
}

static void closed_standard_descriptors_are_filled_and_no_others(void **state)
{
	(void)state;
	assert_int_equal(run_in_child(fill_all, NULL), 0);
	assert_int_equal(run_in_child(fill_one, NULL), 0);
}

static void be_silent(void *context)
{
	(void)context;
	(void)!write(STDERR_FILENO, "before", 6);
	silence_stderr();
	(void)!write(STDERR_FILENO, "after", 5);
}

static void count_and_be_silent(void *context)
{
	int before = count_descriptors();

	(void)context;
	silence_stderr();
	_exit(!is_null(STDERR_FILENO) || count_descriptors() != before);
}

static void lets_go_of_stderr(void **state)
{
	char heard[64];

	(void)state;
	(void)hear_child(STDERR_FILENO, be_silent, NULL, heard, sizeof(heard));
	assert_string_equal(heard, "before");
	assert_int_equal(run_in_child(count_and_be_silent, NULL), 0);
}

static void close_all_but_some(void *context)
{
	/* in no order, one of them twice, one that is not open, and none */
	const int kept[] = { 40, -1, 7, 40, 8, 90, STDOUT_FILENO };

	(void)context;
	for (int fd = 3; fd <= 12; fd++)
		CHILD_ASSERT(open_null_as(fd) == fd);
	CHILD_ASSERT(open_null_as(39) == 39 && open_null_as(40) == 40 && open_null_as(41) == 41 &&
		     open_null_as(500) == 500);
	close(90);
	close_descriptors_except(kept, sizeof(kept) / sizeof(*kept));
	for (int fd = 3; fd <= 600; fd++)
		CHILD_ASSERT(is_open(fd) == (fd == 7 || fd == 8 || fd == 40));
	CHILD_ASSERT(is_open(STDIN_FILENO) && is_open(STDOUT_FILENO) && is_open(STDERR_FILENO));
	close_descriptors_except(NULL, 0);
	CHILD_ASSERT(!is_open(7) && !is_open(8) && !is_open(40) && is_open(STDERR_FILENO));
}

static void closes_all_descriptors_but_those_that_are_named(void **state)
{
	(void)state;
	assert_int_equal(run_in_child(close_all_but_some, NULL), 0);
}

/* Whether the mapping that holds this function is locked (proc(5), VmFlags "lo"). */
static bool is_locked(void)
{
	uintptr_t here = (uintptr_t)is_locked;
	FILE *maps = fopen("/proc/self/smaps", "re");
	bool is_here = false, found = false;
	char line[512];

	while (maps && fgets(line, sizeof(line), maps)) {
		unsigned long start, end;

		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			is_here = here >= start && here < end;
		else if (is_here && strncmp(line, "VmFlags:", 8) == 0)
			found = strstr(line, " lo") != NULL;
	}
	if (maps)
		(void)fclose(maps);
	return found;
}

static void lock_code(void *context)
{
	(void)context;
	CHILD_ASSERT(!is_locked());
	lock_code_in_memory();
	CHILD_ASSERT(is_locked());
}

/* More than this program has. */
static bool may_lock_memory(void)
{
	const size_t size = 8U << 20;
	void *memory = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool may = memory != MAP_FAILED && mlock(memory, size) == 0;

	if (memory != MAP_FAILED)
		(void)munmap(memory, size);
	return may;
}

static void code_stays_in_memory(void **state)
{
	(void)state;
	if (!may_lock_memory()) {
		print_message("skipped: so much memory may not be locked here\n");
		skip();
	}
	assert_int_equal(run_in_child(lock_code, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outlives_the_session_that_it_came_from),
		cmocka_unit_test(closed_standard_descriptors_are_filled_and_no_others),
		cmocka_unit_test(lets_go_of_stderr),
		cmocka_unit_test(closes_all_descriptors_but_those_that_are_named),
		cmocka_unit_test(code_stays_in_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
