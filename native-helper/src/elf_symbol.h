/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ELF_SYMBOL_H
#define ELF_SYMBOL_H

#include <stdint.h>

/*
 * Finds where in the ELF file a function begins that has this name, or, where
 * infix is not NULL, whose name begins with name and has infix in it. Looks in
 * .symtab, then in .dynsym. Returns 0 and the offset in the file (what a uprobe
 * wants), -ENOENT where there is no such function, or another -errno.
 */
int elf_find_function(const char *path, const char *name, const char *infix, uint64_t *offset);

/*
 * Finds a variable of this name. Returns 0 and how far behind the beginning of the
 * file's executable segment it lies, when both are mapped; or as above.
 */
int elf_find_variable(const char *path, const char *name, uint64_t *behind_code);

#endif
