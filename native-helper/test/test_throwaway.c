// SPDX-License-Identifier: Apache-2.0
#include "process/throwaway.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "place.h"
#include "process/privileges.h"

static void each_is_another_one(void **state)
{
	uid_t first = throwaway_choose(), second = throwaway_choose();

	(void)state;
	assert_in_range(first, THROWAWAY_FIRST, THROWAWAY_LAST);
	assert_in_range(second, THROWAWAY_FIRST, THROWAWAY_LAST);
	assert_int_not_equal(first, second);
	assert_int_equal(geteuid(), 0);
}

static void without_root(void *context)
{
	(void)context;
	CHILD_ASSERT(setresuid(65534, 65534, 65534) == 0);
	CHILD_ASSERT(throwaway_choose() == 0);
}

static void without_a_capability(void *context)
{
	(void)context;
	privileges_drop(PRIVILEGES_TO_READ_FILES);
	CHILD_ASSERT(throwaway_choose() == 0);
}

static void there_is_none_for_others(void **state)
{
	(void)state;
	assert_int_equal(run_in_child(without_root, NULL), 0);
	assert_int_equal(run_in_child(without_a_capability, NULL), 0);
}

static void become_one(void *context)
{
	uid_t user = throwaway_choose(), real, effective, saved;
	int sig = 0;

	(void)context;
	CHILD_ASSERT(prctl(PR_SET_PDEATHSIG, SIGTERM) == 0);
	throwaway_become(user);
	CHILD_ASSERT(getresuid(&real, &effective, &saved) == 0);
	CHILD_ASSERT(real == user && effective == user && saved == user);
	CHILD_ASSERT(getresgid(&real, &effective, &saved) == 0);
	CHILD_ASSERT(real == user && effective == user && saved == user);
	CHILD_ASSERT(getgroups(0, NULL) == 0);
	for (int capability = 0; capability < 40; capability++)
		CHILD_ASSERT(!privileges_have(capability));
	CHILD_ASSERT(setresuid(0, 0, 0) == -1 && errno == EPERM);
	CHILD_ASSERT(open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC) == -1 && errno == EACCES);
	CHILD_ASSERT(prctl(PR_GET_PDEATHSIG, &sig) == 0 && sig == SIGTERM);
}

static void has_no_rights_at_all(void **state)
{
	(void)state;
	assert_int_equal(run_in_child(become_one, NULL), 0);
}

static void try_files(void *context)
{
	char path[128];
	const char *const none[] = { NULL };
	const char *const one[] = { path, NULL };
	uid_t user = throwaway_choose();
	int fd;

	(void)context;
	CHILD_ASSERT(throwaway_can_run(user, "/bin/sh", none));
	CHILD_ASSERT(!throwaway_can_run(user, "/etc/passwd", none)); /* no program */
	(void)snprintf(path, sizeof(path), "%s/file", place);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	CHILD_ASSERT(fd >= 0 && fchmod(fd, 0644) == 0);
	CHILD_ASSERT(!throwaway_can_run(user, "/bin/sh", one)); /* in a private directory */
	CHILD_ASSERT(chmod(place, 0755) == 0);
	CHILD_ASSERT(throwaway_can_run(user, "/bin/sh", one));
	CHILD_ASSERT(fchmod(fd, 0600) == 0);
	CHILD_ASSERT(!throwaway_can_run(user, "/bin/sh", one));
	CHILD_ASSERT(geteuid() == 0 && open(path, O_RDONLY | O_CLOEXEC) >= 0);
}

static void sees_only_what_everybody_sees(void **state)
{
	(void)state;
	assert_int_equal(run_in_child(try_files, NULL), 0);
}

static void become_given(void *context)
{
	throwaway_become(*(const uid_t *)context);
}

/* It tries to prevent its end: it can't, because the one who ends it has other numbers. */
static void fight(void *context)
{
	throwaway_become(*(const uid_t *)context);
	(void)signal(SIGTERM, SIG_IGN);
	if (fork() == 0)
		for (;;)
			(void)kill(-1, SIGSTOP);
}

static bool is_killed(pid_t pid)
{
	int status = 0;

	return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) &&
	       WTERMSIG(status) == SIGKILL;
}

static void ends_with_all_of_its_processes(void **state)
{
	uid_t user = throwaway_choose(), other = throwaway_choose();
	pid_t first = start_waiting(become_given, &user);
	pid_t second = start_waiting(fight, &user);
	pid_t others = start_waiting(become_given, &other);
	pid_t roots = start_waiting(NULL, NULL);

	(void)state;
	throwaway_end(user);
	assert_true(is_killed(first));
	assert_true(is_killed(second));
	assert_int_equal(waitpid(others, NULL, WNOHANG), 0);
	assert_int_equal(waitpid(roots, NULL, WNOHANG), 0);
	assert_true(end_waiting(others));
	assert_true(end_waiting(roots));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_another_one),
		cmocka_unit_test(there_is_none_for_others),
		cmocka_unit_test_setup_teardown(has_no_rights_at_all, set_up_place,
						tear_down_place),
		cmocka_unit_test_setup_teardown(sees_only_what_everybody_sees, set_up_place,
						tear_down_place),
		cmocka_unit_test(ends_with_all_of_its_processes),
	};

	end_if_stuck();
	if (!throwaway_choose()) {
		print_message("there are throw-away users only for root\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
