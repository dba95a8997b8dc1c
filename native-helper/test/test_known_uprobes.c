// SPDX-License-Identifier: Apache-2.0
#include "probes/known_uprobes.h"

#include <errno.h>

#include "test.h"

#define SLOT 7

static struct code_file file_of(ino_t inode, const struct elf_symbol *kind)
{
	struct code_file file = { .fd = 0, .device = 1, .inode = inode, .wanted = kind };

	file.symbols[0].value = (uint64_t)inode * 16;
	return file;
}

static int set_up(void **state)
{
	*state = known_uprobes_new();
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	known_uprobes_free(*state);
	return 0;
}

static void what_is_attached_is_found_with_its_symbols(void **state)
{
	struct code_file file = file_of(5, libc_symbols);
	int place = known_uprobes_claim(*state, &file, SLOT);

	assert_int_equal(place, 0);
	assert_false(known_uprobes_find(*state, &file)); /* not yet */
	known_uprobes_settle(*state, place, true);
	file.symbols[0].value = 0;
	assert_true(known_uprobes_find(*state, &file));
	assert_true(file.has_symbols);
	assert_int_equal(file.symbols[0].value, 5 * 16);
	file.inode = 6;
	assert_false(known_uprobes_find(*state, &file));
	file = file_of(5, libjvm_symbols); /* one file may be mapped as both */
	assert_false(known_uprobes_find(*state, &file));
	file = file_of(5, libc_symbols);
	file.fd = -1;
	assert_false(known_uprobes_find(*state, &file));
}

static void a_file_is_attached_by_one_watch(void **state)
{
	struct code_file file = file_of(5, libc_symbols), other = file_of(6, libc_symbols);

	assert_int_equal(known_uprobes_claim(*state, &file, SLOT), 0);
	assert_int_equal(known_uprobes_claim(*state, &file, SLOT + 1), -EEXIST);
	assert_int_equal(known_uprobes_claim(*state, &other, SLOT + 1), 1);
	known_uprobes_settle(*state, 0, false); /* it could not be attached */
	assert_int_equal(known_uprobes_claim(*state, &file, SLOT + 1), 0);
}

static void a_watch_that_was_killed_keeps_no_place(void **state)
{
	struct code_file claimed = file_of(5, libc_symbols), attached = file_of(6, libc_symbols);

	assert_int_equal(known_uprobes_claim(*state, &claimed, SLOT), 0);
	known_uprobes_settle(*state, known_uprobes_claim(*state, &attached, SLOT), true);
	known_uprobes_forget(*state, SLOT + 1);
	assert_int_equal(known_uprobes_claim(*state, &claimed, SLOT), -EEXIST);
	known_uprobes_forget(*state, SLOT);
	assert_int_equal(known_uprobes_claim(*state, &claimed, SLOT), 0);
	assert_true(known_uprobes_find(*state, &attached)); /* the daemon has it */
}

static void files_beyond_the_bound_have_no_place(void **state)
{
	struct code_file file = file_of(1, libc_symbols);

	for (int i = 0; i < KNOWN_UPROBES; i++) {
		file.inode = (ino_t)i + 1;
		assert_int_equal(known_uprobes_claim(*state, &file, SLOT), i);
	}
	file.inode = 4711;
	assert_int_equal(known_uprobes_claim(*state, &file, SLOT), -ENOSPC);
}

static void settle_in_child(void *known)
{
	known_uprobes_settle(known, 0, true);
}

static void all_processes_see_it(void **state)
{
	struct code_file file = file_of(5, libc_symbols);

	assert_int_equal(known_uprobes_claim(*state, &file, SLOT), 0);
	assert_int_equal(run_in_child(settle_in_child, *state), 0);
	assert_true(known_uprobes_find(*state, &file));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_attached_is_found_with_its_symbols, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_file_is_attached_by_one_watch, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_watch_that_was_killed_keeps_no_place, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(files_beyond_the_bound_have_no_place, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(all_processes_see_it, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
