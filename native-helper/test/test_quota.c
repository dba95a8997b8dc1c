// SPDX-License-Identifier: Apache-2.0
#include "watch/quota.h"

#include <sys/auxv.h>

#include "process/privileges.h"
#include "test.h"

#define PROCESSES (2 * WATCHES_A_USER) /* worker and watchdog each */

/* As the kernel says it of a program with file capabilities; no test can have them without root. */
static bool is_secure;

extern unsigned long __getauxval(unsigned long type);

/* ASan asks too, before it can look after anything. */
__attribute__((no_sanitize_address, no_sanitize_undefined)) unsigned long
getauxval(unsigned long type)
{
	return type == AT_SECURE && is_secure ? 1 : __getauxval(type);
}

static bool is_reached(void)
{
	int before = count_descriptors();
	bool is = quota_is_reached();

	CHILD_ASSERT(count_descriptors() == before);
	return is;
}

/* Others that run this very program: this process's parent is one. */
static void start_others(pid_t *others, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		others[i] = start_waiting(NULL, NULL);
		CHILD_ASSERT(others[i] > 0);
	}
}

static void end_others(const pid_t *others, size_t count)
{
	for (size_t i = 0; i < count; i++)
		CHILD_ASSERT(end_waiting(others[i]));
}

static void count_others(void *context)
{
	pid_t others[PROCESSES - 1];
	siginfo_t info;

	(void)context;
	CHILD_ASSERT(privileges_init() == NULL);
	start_others(others, PROCESSES - 2);
	CHILD_ASSERT(!is_reached());
	start_others(&others[PROCESSES - 2], 1);
	CHILD_ASSERT(is_reached());
	/* one that has ended does no harm, though nobody has asked for its status */
	CHILD_ASSERT(kill(others[0], SIGKILL) == 0);
	CHILD_ASSERT(waitid(P_PID, (id_t)others[0], &info, WEXITED | WNOWAIT) == 0);
	CHILD_ASSERT(!is_reached());
	end_others(others, PROCESSES - 1);
}

static void as_many_as_one_user_may_have_are_counted(void **state)
{
	(void)state;
	is_secure = true;
	assert_int_equal(run_in_child(count_others, NULL), 0);
	is_secure = false;
}

static void become_nobody(void *context)
{
	(void)context;
	CHILD_ASSERT(setresuid(65534, 65534, 65534) == 0);
}

static void count_strangers(void *context)
{
	pid_t others[PROCESSES];

	(void)context;
	for (size_t i = 0; i < PROCESSES; i++)
		others[i] = start_waiting(become_nobody, NULL);
	CHILD_ASSERT(privileges_init() == NULL);
	CHILD_ASSERT(!is_reached());
	privileges_raise();
	end_others(others, PROCESSES);
}

static void another_users_are_not(void **state)
{
	(void)state;
	if (geteuid()) {
		print_message("skipped: only root can start another user's processes\n");
		skip();
	}
	is_secure = true;
	assert_int_equal(run_in_child(count_strangers, NULL), 0);
	is_secure = false;
}

static void count_with_own(void *context)
{
	pid_t others[PROCESSES];

	(void)context;
	CHILD_ASSERT(privileges_init() == NULL);
	start_others(others, PROCESSES);
	CHILD_ASSERT(!is_reached());
	end_others(others, PROCESSES);
}

static void who_was_lent_nothing_has_no_bound(void **state)
{
	(void)state;
	assert_int_equal(run_in_child(count_with_own, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_as_one_user_may_have_are_counted),
		cmocka_unit_test(another_users_are_not),
		cmocka_unit_test(who_was_lent_nothing_has_no_bound),
	};

	end_if_stuck();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
