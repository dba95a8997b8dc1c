// SPDX-License-Identifier: Apache-2.0
#include "process/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

#define NOBODY 65534
#define MAY_BPF 39 /* newer than some headers */

/* As the kernel says it of a program with file capabilities; no test can have them without root. */
static bool is_secure;

extern unsigned long __getauxval(unsigned long type);

/* ASan asks too, before it can look after anything. */
__attribute__((no_sanitize_address, no_sanitize_undefined)) unsigned long
getauxval(unsigned long type)
{
	return type == AT_SECURE && is_secure ? 1 : __getauxval(type);
}

struct sets {
	uint64_t effective, permitted, inheritable;
};

static struct sets read_sets(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};

	CHILD_ASSERT(syscall(SYS_capget, &header, data) == 0);
	return (struct sets) {
		.effective = data[0].effective | (uint64_t)data[1].effective << 32,
		.permitted = data[0].permitted | (uint64_t)data[1].permitted << 32,
		.inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32,
	};
}

static void write_file(const char *path, const char *content)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, content, strlen(content));
	close(fd);
}

/* Root has them already; whoever is not has them in a user namespace of his own. */
static bool gain_capabilities(void)
{
	char map[32];

	if (geteuid() != 0) {
		(void)snprintf(map, sizeof(map), "0 %u 1", geteuid());
		if (unshare(CLONE_NEWUSER))
			return false;
		write_file("/proc/self/setgroups", "deny");
		write_file("/proc/self/uid_map", map);
	}
	return geteuid() == 0 && privileges_have(CAP_SYS_PTRACE) && privileges_have(CAP_SETPCAP) &&
	       privileges_have(CAP_DAC_READ_SEARCH);
}

static void try_to_gain(void *context)
{
	(void)context;
	_exit(!gain_capabilities());
}

/* In a child, which has capabilities to be taken away. */
static void run_privileged(void (*body)(void *context), bool are_lent)
{
	if (run_in_child(try_to_gain, NULL) != 0) {
		print_message("skipped: neither root, nor may it make a user namespace\n");
		skip();
	}
	is_secure = are_lent;
	assert_int_equal(run_in_child(body, NULL), 0);
	is_secure = false;
}

static void keep_own(void *context)
{
	struct sets before, after;

	(void)context;
	CHILD_ASSERT(gain_capabilities());
	before = read_sets();
	CHILD_ASSERT(privileges_init() == NULL);
	CHILD_ASSERT(!privileges_are_lent());
	privileges_lower();
	privileges_keep_for_watching();
	privileges_drop_lent();
	after = read_sets();
	CHILD_ASSERT(memcmp(&before, &after, sizeof(before)) == 0);
}

static void roots_own_stay_in_effect(void **state)
{
	(void)state;
	run_privileged(keep_own, false);
}

static void raise_and_lower(void *context)
{
	struct sets sets;

	(void)context;
	CHILD_ASSERT(gain_capabilities());
	CHILD_ASSERT(privileges_init() == NULL);
	CHILD_ASSERT(privileges_are_lent());
	CHILD_ASSERT(read_sets().effective == 0);
	CHILD_ASSERT(!privileges_have(CAP_SYS_PTRACE));
	privileges_raise();
	sets = read_sets();
	CHILD_ASSERT(sets.effective == sets.permitted && privileges_have(CAP_SYS_PTRACE));
	privileges_lower();
	CHILD_ASSERT(read_sets().effective == 0 && read_sets().permitted == sets.permitted);
}

static void lent_ones_are_in_effect_only_where_asked_for(void **state)
{
	(void)state;
	run_privileged(raise_and_lower, true);
}

static void keep_for_watching(void *context)
{
	const uint64_t few = 1ULL << CAP_SYS_PTRACE | 1ULL << MAY_BPF;

	(void)context;
	CHILD_ASSERT(gain_capabilities());
	CHILD_ASSERT(privileges_init() == NULL);
	privileges_keep_for_watching();
	CHILD_ASSERT((read_sets().permitted & ~few) == 0);
	CHILD_ASSERT(read_sets().inheritable == 0);
	CHILD_ASSERT(read_sets().effective == 0);
	privileges_raise();
	CHILD_ASSERT(privileges_have(CAP_SYS_PTRACE));
	CHILD_ASSERT(!privileges_have(CAP_DAC_READ_SEARCH));
}

static void few_of_the_lent_ones_are_kept_for_watching(void **state)
{
	(void)state;
	run_privileged(keep_for_watching, true);
}

static void drop_lent(void *context)
{
	(void)context;
	CHILD_ASSERT(gain_capabilities());
	CHILD_ASSERT(privileges_init() == NULL);
	privileges_drop_lent();
	privileges_raise();
	CHILD_ASSERT(read_sets().permitted == 0 && read_sets().effective == 0);
}

static void lent_ones_are_given_up_for_good(void **state)
{
	(void)state;
	run_privileged(drop_lent, true);
}

/* All that this process, and what it executes, can still have. */
static void check_left(uint64_t left)
{
	struct sets sets = read_sets();

	CHILD_ASSERT(sets.permitted == left && sets.effective == left && sets.inheritable == 0);
	for (int capability = 0; capability <= CAP_LAST_CAP; capability++) {
		int is_bounding = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
		int is_ambient = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0);

		if (is_bounding >= 0) /* this kernel knows it */
			CHILD_ASSERT(is_bounding == (int)(left >> capability & 1));
		CHILD_ASSERT(is_ambient <= 0);
	}
}

static void become_ambient(int capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};

	CHILD_ASSERT(syscall(SYS_capget, &header, data) == 0);
	data[0].inheritable |= 1U << capability;
	CHILD_ASSERT(syscall(SYS_capset, &header, data) == 0);
	CHILD_ASSERT(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0);
}

static void drop_all(void *context)
{
	(void)context;
	CHILD_ASSERT(gain_capabilities());
	become_ambient(CAP_KILL);
	CHILD_ASSERT(privileges_init() == NULL);
	privileges_drop(PRIVILEGES_NONE);
	check_left(0);
}

static void drop_all_but_reading(void *context)
{
	(void)context;
	CHILD_ASSERT(gain_capabilities());
	become_ambient(CAP_KILL);
	CHILD_ASSERT(privileges_init() == NULL);
	privileges_drop(PRIVILEGES_TO_READ_FILES);
	check_left(1ULL << CAP_DAC_READ_SEARCH);
}

static void nothing_is_left_to_a_process_that_drops_them(void **state)
{
	(void)state;
	run_privileged(drop_all, false);
}

static void root_keeps_the_reading_of_files(void **state)
{
	(void)state;
	run_privileged(drop_all_but_reading, false);
}

static void drop_lent_ones_to_read(void *context)
{
	(void)context;
	CHILD_ASSERT(gain_capabilities());
	CHILD_ASSERT(privileges_init() == NULL);
	privileges_drop(PRIVILEGES_TO_READ_FILES);
	CHILD_ASSERT(read_sets().permitted == 0 && read_sets().effective == 0);
}

/* They are the file's, not the user's: who starts us could not read those files. */
static void who_was_lent_them_does_not_keep_the_reading(void **state)
{
	(void)state;
	run_privileged(drop_lent_ones_to_read, true);
}

/* ---- whom our user may look into ------------------------------------------------ */

static int open_process(pid_t pid)
{
	char path[32];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d", pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHILD_ASSERT(fd >= 0);
	return fd;
}

static int check(pid_t pid)
{
	const struct jvm jvm = { .pid = pid, .tid = pid, .proc_fd = open_process(pid) };
	int before = count_descriptors();
	int err = privileges_check(&jvm, pid);

	CHILD_ASSERT(count_descriptors() == before);
	close(jvm.proc_fd);
	return err;
}

static void become_stranger(void *context)
{
	(void)context;
	CHILD_ASSERT(setresuid(NOBODY, NOBODY, NOBODY) == 0);
}

/* As any process of its user: a lender's capabilities are more than such a user has. */
static void become_plain(void *context)
{
	(void)context;
	privileges_drop(PRIVILEGES_NONE);
}

static void check_lent(void *context)
{
	pid_t own = start_waiting(become_plain, NULL);
	siginfo_t info;

	(void)context;
	CHILD_ASSERT(privileges_init() == NULL);
	privileges_raise();
	CHILD_ASSERT(check(own) == 0);
	/* what was in effect is so again */
	CHILD_ASSERT(read_sets().effective == read_sets().permitted);
	privileges_lower();
	CHILD_ASSERT(check(own) == 0);
	/* it has no memory any more, by which it could be told whose it is */
	kill(own, SIGKILL);
	CHILD_ASSERT(waitid(P_PID, (id_t)own, &info, WEXITED | WNOWAIT) == 0);
	CHILD_ASSERT(check(own) == -ESRCH);
	CHILD_ASSERT(waitpid(own, NULL, 0) == own);
}

static void own_processes_may_be_looked_into(void **state)
{
	(void)state;
	is_secure = true;
	assert_int_equal(run_in_child(check_lent, NULL), 0);
	is_secure = false;
}

static void check_stranger(void *context)
{
	pid_t stranger = start_waiting(become_stranger, NULL);

	(void)context;
	CHILD_ASSERT(privileges_init() == NULL);
	privileges_raise();
	CHILD_ASSERT(check(stranger) == -EACCES);
	is_secure = false;
	CHILD_ASSERT(privileges_init() == NULL);
	CHILD_ASSERT(check(stranger) == 0); /* nothing is lent: there is nothing to be checked */
	CHILD_ASSERT(end_waiting(stranger));
}

static void check_root(void *context)
{
	(void)context;
	CHILD_ASSERT(privileges_init() == NULL);
	CHILD_ASSERT(check(1) == -EACCES);
}

/* Though we could, with what was lent to us. */
static void other_users_processes_may_not(void **state)
{
	(void)state;
	is_secure = true;
	assert_int_equal(run_in_child(geteuid() ? check_root : check_stranger, NULL), 0);
	is_secure = false;
}

static void become_setuid(void *context)
{
	(void)context;
	CHILD_ASSERT(setresuid((uid_t)-1, NOBODY, (uid_t)-1) == 0);
	CHILD_ASSERT(privileges_init() != NULL);
}

static void refuses_to_be_setuid(void **state)
{
	(void)state;
	if (geteuid()) {
		print_message("skipped: only root can have another effective user\n");
		skip();
	}
	assert_int_equal(run_in_child(become_setuid, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_own_stay_in_effect),
		cmocka_unit_test(lent_ones_are_in_effect_only_where_asked_for),
		cmocka_unit_test(few_of_the_lent_ones_are_kept_for_watching),
		cmocka_unit_test(lent_ones_are_given_up_for_good),
		cmocka_unit_test(nothing_is_left_to_a_process_that_drops_them),
		cmocka_unit_test(root_keeps_the_reading_of_files),
		cmocka_unit_test(who_was_lent_them_does_not_keep_the_reading),
		cmocka_unit_test(own_processes_may_be_looked_into),
		cmocka_unit_test(other_users_processes_may_not),
		cmocka_unit_test(refuses_to_be_setuid),
	};

	end_if_stuck();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
