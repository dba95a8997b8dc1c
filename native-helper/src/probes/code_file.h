/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODE_FILE_H
#define CODE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "probes/elf_symbol.h"

enum libjvm_symbol { REPORT_AND_DIE, LIBJVM_SYMBOLS };
enum libc_symbol { ABORT, EXIT, EXIT_NOW, ABORT_MESSAGE, LIBC_SYMBOLS };

/* The functions and variables that are looked for in the two files. */
extern const struct elf_symbol libjvm_symbols[LIBJVM_SYMBOLS];
extern const struct elf_symbol libc_symbols[LIBC_SYMBOLS];

/* A file that the JVM has mapped: opened once, so that what was read there is what is attached to.
 */
struct code_file {
	int fd; /* -1: it can't be had */
	dev_t device;
	ino_t inode;
	bool has_symbols; /* they have been looked for */
	size_t count;
	struct elf_symbol symbols[LIBC_SYMBOLS];
};

/*
 * fd: opened without our capabilities, or -errno. Whatever is found later is of this file alone:
 * its path is not followed again, since somebody may have put another in its place.
 */
void code_file_take(struct code_file *file, int fd, const struct elf_symbol *wanted, size_t count);

/* Read when the first one is asked for: what was attached to early needs none. */
const struct elf_symbol *code_file_symbol(struct code_file *file, size_t which);

void code_file_close(struct code_file *file);

#endif
