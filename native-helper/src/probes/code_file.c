// SPDX-License-Identifier: Apache-2.0
#include "probes/code_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct elf_symbol libjvm_symbols[LIBJVM_SYMBOLS] = {
	/* the variant that the other three call; its name differs by version */
	[REPORT_AND_DIE] = { .name = "_ZN7VMError14report_and_dieEiPKcS1_", .infix = "va_list" },
};

const struct elf_symbol libc_symbols[LIBC_SYMBOLS] = {
	[ABORT] = { .name = "abort" },
	[EXIT] = { .name = "exit" },
	[EXIT_NOW] = { .name = "_exit" },
	[ABORT_MESSAGE] = { .name = "__abort_msg", .is_variable = true },
};

void code_file_close(struct code_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

void code_file_take(struct code_file *file, int fd, const struct elf_symbol *wanted, size_t count)
{
	struct stat status;

	*file = (struct code_file) { .fd = fd, .wanted = wanted, .count = count };
	memcpy(file->symbols, wanted, count * sizeof(*wanted));
	if (fd >= 0 && fstat(fd, &status) == 0) {
		file->device = status.st_dev;
		file->inode = status.st_ino;
		return;
	}
	file->has_symbols = true;
	for (size_t i = 0; i < count; i++)
		file->symbols[i].err = fd < 0 ? fd : -EIO;
}

const struct elf_symbol *code_file_symbol(struct code_file *file, size_t which)
{
	if (!file->has_symbols)
		elf_find_symbols(file->fd, file->symbols, file->count);
	file->has_symbols = true;
	return &file->symbols[which];
}
