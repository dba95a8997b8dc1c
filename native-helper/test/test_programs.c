// SPDX-License-Identifier: Apache-2.0
/* Programs that two watches share, each of a child of this process. Needs BPF. */
#include "probes/probes.h"

#include <errno.h>
#include <time.h>

#include "process/jvm_open.h"
#include "test.h"

#define WATCHES 3
#define FAULTS 5
#define PATIENCE 200 /* times 10 ms */

/* What came of one watch. */
struct heard {
	struct probes probes;
	struct jvm jvm;
	unsigned int killed, ends, of_others;
};

static struct programs programs;

static struct config config = {
	.marker = -1,
	.freeze = FREEZE_OFF,
	.java = "/none",
	.on_exit = ON_EXIT_NONZERO,
};

static int set_up(void **state)
{
	(void)state;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	programs_close(&programs);
	return 0;
}

static bool can_load(void)
{
	int err = programs_load(&programs, &config, WATCHES);

	if (err == 0)
		return true;
	assert_true(err == -EPERM || err == -EACCES || err == -EOPNOTSUPP);
	print_message("skipped: no BPF here\n");
	skip();
	return false;
}

static void recover(int sig)
{
	(void)sig;
}

static void handle_faults(void *context)
{
	(void)context;
	(void)signal(SIGUSR1, recover);
	(void)signal(SIGSEGV, recover);
}

static void on_record(void *context, const void *data, size_t size)
{
	struct heard *heard = context;
	const struct event_header *header = data;

	assert_true(size >= sizeof(*header));
	if (header->kind == EVENT_THREAD_KILLED) /* its only one */
		heard->killed++;
	if (header->kind == EVENT_EXIT)
		heard->ends++;
	if (header->kind != EVENT_SIGNAL_SENT && header->thread.tgid != heard->probes.tgid)
		heard->of_others++;
}

static void watch(struct heard *heard, unsigned int slot, pid_t pid)
{
	memset(heard, 0, sizeof(*heard));
	assert_int_equal(jvm_open(&heard->jvm, pid, 0, JVM_IS_OTHER), 0);
	probes_share(&heard->probes, &programs, slot);
	assert_int_equal(probes_open(&heard->probes, &config, &heard->jvm, on_record, heard), 0);
	assert_true(probes_have_bpf(&heard->probes));
}

static void hear_the_end(struct heard *heard)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	for (int i = 0; i < PATIENCE && !heard->ends; i++) {
		probes_consume(&heard->probes);
		nanosleep(&pause, NULL);
	}
	assert_int_equal(heard->ends, 1);
	assert_int_equal(heard->of_others, 0);
}

static void forget(struct heard *heard)
{
	unsigned int slot = heard->probes.slot;

	jvm_close(&heard->jvm);
	probes_close(&heard->probes);
	programs_free_slot(&programs, slot);
}

static void fault(pid_t pid, int times)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	for (int i = 0; i < times; i++) {
		kill(pid, SIGSEGV);
		nanosleep(&pause, NULL); /* otherwise two become one */
	}
}

/* SI_USER is 0. */
static __u64 faults_of(const struct heard *heard)
{
	return heard->probes.state->benign[benign_place(SIGSEGV, 0)];
}

static void each_watch_has_its_own_records_and_counters(void **state)
{
	static struct heard first, second;
	pid_t one, other;

	(void)state;
	if (!can_load())
		return;
	one = start_waiting(handle_faults, NULL);
	other = start_waiting(handle_faults, NULL);
	watch(&first, 0, one);
	watch(&second, 2, other);
	fault(one, FAULTS);
	assert_int_equal(faults_of(&first), FAULTS);
	assert_int_equal(faults_of(&second), 0);
	kill(one, SIGTERM);
	hear_the_end(&first);
	assert_int_equal(first.killed, 1);
	kill(other, SIGKILL);
	hear_the_end(&second);
	assert_int_equal(first.ends, 1);
	forget(&first);
	forget(&second);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* Also if the watch was killed, and could not clean up. */
static void a_slot_is_used_again_as_if_it_were_new(void **state)
{
	static struct heard first, second;
	pid_t one, other;

	(void)state;
	if (!can_load())
		return;
	one = start_waiting(handle_faults, NULL);
	other = start_waiting(handle_faults, NULL);
	watch(&first, 1, one);
	fault(one, 1);
	programs_free_slot(&programs, 1);
	kill(one, SIGTERM); /* nobody watches it any more */
	assert_int_equal(waitpid(one, NULL, 0), one);
	watch(&second, 1, other);
	assert_int_equal(faults_of(&second), 0);
	kill(other, SIGKILL);
	hear_the_end(&second);
	probes_consume(&first.probes);
	assert_int_equal(second.killed, 1);
	probes_close(&first.probes);
	jvm_close(&first.jvm);
	forget(&second);
	assert_int_equal(waitpid(other, NULL, 0), other);
}

static void what_a_worker_needs_are_its_descriptors(void **state)
{
	int fds[512], some[2];
	size_t count;

	(void)state;
	if (!can_load())
		return;
	count = programs_descriptors(&programs, fds, 512);
	assert_true(count > 10);
	for (size_t i = 0; i < count; i++)
		assert_true(fcntl(fds[i], F_GETFD) >= 0);
	assert_int_equal(programs_descriptors(&programs, some, 2), 2);
}

/* It is what a worker tells, and a worker may be anything. */
static void a_uprobe_with_a_wrong_place_is_closed(void **state)
{
	static const int places[] = { -1, KNOWN_UPROBES, INT_MAX };

	(void)state;
	if (!can_load())
		return;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		int fd = open("/", O_RDONLY | O_CLOEXEC);

		programs_learn(&programs, places[i], fd);
		assert_int_equal(fcntl(fd, F_GETFD), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_watch_has_its_own_records_and_counters, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_slot_is_used_again_as_if_it_were_new, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_a_worker_needs_are_its_descriptors, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_uprobe_with_a_wrong_place_is_closed, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
