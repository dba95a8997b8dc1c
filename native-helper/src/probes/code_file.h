/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODE_FILE_H
#define CODE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "probes/elf_symbol.h"

/* The first of each has a uprobe for every process, since only a dying one comes there. */
enum libjvm_symbol { REPORT_AND_DIE, LIBJVM_SYMBOLS };
enum libc_symbol { ABORT, EXIT, EXIT_NOW, ABORT_MESSAGE, LIBC_SYMBOLS };

/* The functions and variables that are searched in the two files. */
extern const struct elf_symbol libjvm_symbols[LIBJVM_SYMBOLS];
extern const struct elf_symbol libc_symbols[LIBC_SYMBOLS];

/* A file that the JVM has mapped. It is opened once, so that probes go to the file that was read.
 */
struct code_file {
	int fd; /* -1: it can't be opened */
	dev_t device;
	ino_t inode;
	bool has_symbols; /* they have been searched */
	const struct elf_symbol *wanted; /* libjvm_symbols or libc_symbols */
	size_t count;
	struct elf_symbol symbols[LIBC_SYMBOLS];
};

/*
 * fd: opened without our capabilities, or -errno. Only this descriptor is used later: the path is
 * not followed again, because the file may have been replaced.
 */
void code_file_take(struct code_file *file, int fd, const struct elf_symbol *wanted, size_t count);

/* Symbols are read on first use: probes that were attached early do not need them. */
const struct elf_symbol *code_file_symbol(struct code_file *file, size_t which);

void code_file_close(struct code_file *file);

#endif
