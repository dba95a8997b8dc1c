/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ELF_SYMBOL_H
#define ELF_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A symbol of an ELF file: first the query, then the result. */
struct elf_symbol {
	const char *name;
	const char *infix; /* NULL: the name is complete; else it is a prefix, and this follows */
	bool is_variable; /* otherwise it is a function */
	int err; /* 0, -ENOENT if there is no such symbol, or another -errno */
	/*
	 * For a function, its offset in the file, as uprobes need it. For a variable, its distance
	 * from the beginning of the file's executable segment, when both are mapped.
	 */
	uint64_t value;
};

/*
 * Searches the symbols in .symtab, then in .dynsym, of the open file. The file may hold anything
 * and have any size. So a process that has only the descriptor reads it (sandbox.h), for at most a
 * second. If that fails, or the process can't be started, every err says why.
 */
void elf_find_symbols(int fd, struct elf_symbol *symbols, size_t count);

/* The same in this process, without a time limit. */
void elf_read_symbols(int fd, struct elf_symbol *symbols, size_t count);

#endif
