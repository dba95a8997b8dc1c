// SPDX-License-Identifier: Apache-2.0
#include "test.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/elf_symbol.h"

/* To be found in this very program. */
int a_function_to_be_found(void);
int a_function_to_be_found(void)
{
	return 0;
}

static int open_self(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void finds_several_at_once(void **state)
{
	struct elf_symbol symbols[] = {
		{ .name = "a_function_to_be_found" },
		{ .name = "a_function_", .infix = "_be_fou" },
		{ .name = "a_function_" },
		{ .name = "a_function_", .infix = "other" },
		{ .name = "a_function_to_be_found", .is_variable = true },
	};
	int fd = open_self();

	(void)state;
	elf_read_symbols(fd, symbols, 5);
	assert_int_equal(symbols[0].err, 0);
	assert_true(symbols[0].value > 0);
	assert_int_equal(symbols[1].err, 0);
	assert_int_equal(symbols[0].value, symbols[1].value);
	assert_int_equal(symbols[2].err, -ENOENT);
	assert_int_equal(symbols[3].err, -ENOENT);
	assert_int_equal(symbols[4].err, -ENOENT);
	close(fd);
}

static void refuses_what_is_no_elf_file(void **state)
{
	static const char *const paths[] = { "/etc/passwd", "/dev/zero", "/" };
	struct elf_symbol symbol = { .name = "main" };

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		int fd = open(paths[i], O_RDONLY | O_CLOEXEC | O_NONBLOCK);

		elf_read_symbols(fd, &symbol, 1);
		assert_int_equal(symbol.err, -EINVAL);
		close(fd);
	}
}

static int scratch(void)
{
	char path[] = "/tmp/jmortem-test-elf-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	(void)unlink(path);
	return fd;
}

/* With a table of symbols as large as the file, which has next to nothing in it. */
static void make_sparse(int fd, off_t size)
{
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_shoff = sizeof(header),
		.e_ehsize = sizeof(header),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = 2,
	};
	Elf64_Shdr sections[2] = { [1] = {
					   .sh_type = SHT_SYMTAB,
					   .sh_offset = 4096,
					   .sh_size = (Elf64_Xword)size - 4096,
					   .sh_entsize = sizeof(Elf64_Sym),
					   .sh_addralign = 8,
				   } };

	assert_int_equal(pwrite(fd, &header, sizeof(header), 0), sizeof(header));
	assert_int_equal(pwrite(fd, sections, sizeof(sections), sizeof(header)), sizeof(sections));
	assert_int_equal(ftruncate(fd, size), 0);
}

static void has_a_bound_in_size(void **state)
{
	struct elf_symbol symbol = { .name = "main" };
	int fd = scratch();

	(void)state;
	make_sparse(fd, (off_t)45 << 30);
	elf_find_symbols(fd, &symbol, 1);
	assert_int_equal(symbol.err, -EFBIG);
	close(fd);
}

/* Eighty million symbols: the first four are looked at. */
static void has_a_bound_in_symbols(void **state)
{
	struct elf_symbol symbol = { .name = "main" };
	int fd = scratch();

	(void)state;
	make_sparse(fd, (off_t)2 << 30);
	elf_read_symbols(fd, &symbol, 1);
	assert_int_equal(symbol.err, -ENOENT);
	close(fd);
}

/* Each byte of the headers in turn is another: whatever comes of it, it ends. */
static void survives_damage(void **state)
{
	(void)state;
	for (size_t at = 0; at < sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Shdr); at++) {
		struct elf_symbol symbol = { .name = "main" };
		unsigned char byte;
		int fd = scratch();

		make_sparse(fd, 65536);
		assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
		byte = (unsigned char)(byte ^ 0xff);
		assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
		elf_read_symbols(fd, &symbol, 1);
		assert_true(symbol.err < 0);
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_several_at_once),
		cmocka_unit_test(refuses_what_is_no_elf_file),
		cmocka_unit_test(has_a_bound_in_size),
		cmocka_unit_test(has_a_bound_in_symbols),
		cmocka_unit_test(survives_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
