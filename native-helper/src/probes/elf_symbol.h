/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ELF_SYMBOL_H
#define ELF_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A symbol of an ELF file: what is wanted, then what was found. */
struct elf_symbol {
	const char *name;
	const char *infix; /* NULL: the name is the whole; else it begins so, and has this in it */
	bool is_variable; /* else it is a function */
	int err; /* 0, -ENOENT where there is no such symbol, or another -errno */
	/*
	 * Of a function, where in the file it begins: what a uprobe wants. Of a variable, how far
	 * behind the beginning of the file's executable segment it lies, when both are mapped.
	 */
	uint64_t value;
};

/*
 * Looks for them in .symtab, then in .dynsym, of the file that is open. The file may hold
 * anything, and be of any size: so it is read by a process that has nothing but the descriptor
 * (sandbox.h), and that is given up after a second. Then, and where there can be no such process,
 * every err says why.
 */
void elf_find_symbols(int fd, struct elf_symbol *symbols, size_t count);

/* The same in this process, without bounds in time. */
void elf_read_symbols(int fd, struct elf_symbol *symbols, size_t count);

#endif
