// SPDX-License-Identifier: Apache-2.0
#include "process/threads.h"

#include "test.h"

static void keeps_what_was_added(void **state)
{
	struct thread_list list = {};

	(void)state;
	for (pid_t tid = 1; tid <= 1000; tid++) {
		const struct thread thread = { .tid = tid, .vtid = -tid, .comm = "a thread" };

		assert_true(threads_add(&list, &thread));
	}
	assert_int_equal(list.count, 1000);
	for (pid_t tid = 1; tid <= 1000; tid++) {
		assert_int_equal(list.threads[tid - 1].tid, tid);
		assert_int_equal(list.threads[tid - 1].vtid, -tid);
		assert_string_equal(list.threads[tid - 1].comm, "a thread");
	}
	threads_free(&list);
}

/* Of forged records there may be any number. */
static void has_a_bound(void **state)
{
	struct thread thread = { .tid = 1 };
	struct thread_list list = {};

	(void)state;
	while (list.count <= 1U << 20 && threads_add(&list, &thread))
		thread.tid++;
	assert_int_equal(list.count, 65536);
	assert_false(threads_add(&list, &thread));
	assert_int_equal(list.count, 65536);
	assert_int_equal(list.threads[65535].tid, 65536);
	threads_free(&list);
}

static void can_be_used_again_when_freed(void **state)
{
	const struct thread thread = { .tid = 7 };
	struct thread_list list = {};

	(void)state;
	assert_true(threads_add(&list, &thread));
	threads_free(&list);
	assert_null(list.threads);
	assert_true(threads_add(&list, &thread));
	assert_int_equal(list.count, 1);
	threads_free(&list);
	threads_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_was_added),
		cmocka_unit_test(has_a_bound),
		cmocka_unit_test(can_be_used_again_when_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
