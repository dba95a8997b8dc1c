// SPDX-License-Identifier: Apache-2.0
#include "probes/code_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "test.h"

static int open_libc(void)
{
	static const char *const paths[] = { "/lib/x86_64-linux-gnu/libc.so.6", "/lib64/libc.so.6",
					     "/usr/lib/libc.so.6" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		int fd = open(paths[i], O_RDONLY | O_CLOEXEC);

		if (fd >= 0)
			return fd;
	}
	print_message("skipped: this libc is not where it usually is\n");
	skip();
	return -1;
}

/* Not by code_file_symbol(): in the reader's little memory ASan can't run. */
static void what_is_attached_to_is_in_libc(void **state)
{
	int before = count_descriptors();
	struct code_file file;
	struct stat status;

	(void)state;
	code_file_take(&file, open_libc(), libc_symbols, LIBC_SYMBOLS);
	assert_int_equal(fstat(file.fd, &status), 0);
	assert_int_equal(file.inode, status.st_ino);
	assert_int_equal(file.device, status.st_dev);
	assert_false(file.has_symbols); /* nothing is read before it is asked for */
	elf_read_symbols(file.fd, file.symbols, file.count);
	for (size_t i = ABORT; i <= EXIT_NOW; i++) {
		assert_int_equal(file.symbols[i].err, 0);
		assert_true(file.symbols[i].value > 0 &&
			    file.symbols[i].value < (uint64_t)status.st_size);
	}
	assert_true(file.symbols[ABORT].value != file.symbols[EXIT].value);
	code_file_close(&file);
	code_file_close(&file);
	assert_int_equal(count_descriptors(), before);
}

/* What has become of the file since then changes nothing. */
static void is_read_once(void **state)
{
	struct code_file file;

	(void)state;
	code_file_take(&file, open("/etc/passwd", O_RDONLY | O_CLOEXEC), libc_symbols,
		       LIBC_SYMBOLS);
	assert_true(code_file_symbol(&file, EXIT)->err < 0);
	file.symbols[EXIT].err = 0;
	file.symbols[EXIT].value = 4711;
	assert_int_equal(code_file_symbol(&file, EXIT)->err, 0);
	assert_int_equal(code_file_symbol(&file, EXIT)->value, 4711);
	code_file_close(&file);
}

static void without_a_file_each_symbol_says_why(void **state)
{
	struct code_file file;

	(void)state;
	code_file_take(&file, -EACCES, libc_symbols, LIBC_SYMBOLS);
	for (size_t i = 0; i < LIBC_SYMBOLS; i++)
		assert_int_equal(code_file_symbol(&file, i)->err, -EACCES);
	code_file_close(&file);
	assert_int_equal(file.fd, -1);
	/* one that is closed already can't be looked at */
	code_file_take(&file, 1 << 20, libjvm_symbols, LIBJVM_SYMBOLS);
	assert_int_equal(code_file_symbol(&file, REPORT_AND_DIE)->err, -EIO);
}

/* The file is the process's, and may hold anything. */
static void what_is_no_elf_file_has_no_symbol(void **state)
{
	char path[] = "/tmp/jmortem-test-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);
	struct code_file file;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(text_write(fd,
				    "\x7f"
				    "ELF\x02\x01\x01",
				    7),
			 0);
	assert_int_equal(ftruncate(fd, 100000), 0);
	code_file_take(&file, fd, libjvm_symbols, LIBJVM_SYMBOLS);
	assert_true(code_file_symbol(&file, REPORT_AND_DIE)->err < 0);
	code_file_close(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_attached_to_is_in_libc),
		cmocka_unit_test(is_read_once),
		cmocka_unit_test(without_a_file_each_symbol_says_why),
		cmocka_unit_test(what_is_no_elf_file_has_no_symbol),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
