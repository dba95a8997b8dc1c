/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KNOWN_UPROBES_H
#define KNOWN_UPROBES_H

#include <stdbool.h>
#include <stddef.h>

#include "probes/code_file.h"

/*
 * The files that have a uprobe in every process that maps them: libjvm at report_and_die, libc at
 * abort. With them, their symbols, so that nobody has to read the file again. All processes that
 * share the programs share this memory, so what one of them attaches, the others find.
 */
#define KNOWN_UPROBES 128

struct known_uprobe {
	unsigned int state; /* enum known_state, by atomic operations */
	unsigned int slot; /* of the watch that attaches it */
	const struct elf_symbol *kind; /* which symbols: libjvm_symbols or libc_symbols */
	dev_t device;
	ino_t inode; /* not used again, since a uprobe keeps its inode */
	struct elf_symbol symbols[LIBC_SYMBOLS];
	bool has_exits; /* libc: exit() and _exit() have theirs, too */
};

struct known_uprobes {
	struct known_uprobe entries[KNOWN_UPROBES];
	unsigned int busy; /* the watch that attaches uprobes of its own: slot + 1; 0: none */
};

/* Memory for this process and its children; NULL if there is none. */
struct known_uprobes *known_uprobes_new(void);
void known_uprobes_free(struct known_uprobes *known);

/* Whether the file has its uprobe. Then the file has its symbols, too. */
bool known_uprobes_find(const struct known_uprobes *known, struct code_file *file);

/* Whether exit() and _exit() of this libc have uprobes in every process. */
bool known_uprobes_have_exits(const struct known_uprobes *known, const struct code_file *file);

/*
 * Whether this watch may attach uprobes of its own now. The kernel attaches one after the other,
 * and waits for all CPUs each time: with a hundred watches, the last would be stuck for a minute.
 */
bool known_uprobes_begin(struct known_uprobes *known, unsigned int slot);
void known_uprobes_end(struct known_uprobes *known, unsigned int slot);

/*
 * A place for the file's uprobe; -EEXIST if another watch attaches it right now, or -ENOSPC. The
 * file must have its symbols.
 */
int known_uprobes_claim(struct known_uprobes *known, const struct code_file *file,
			unsigned int slot);

/* The uprobe at this place is attached, and somebody will keep it; or it is not. */
void known_uprobes_settle(struct known_uprobes *known, int place, bool is_attached);

/* The watch has ended, perhaps between claim and settle. */
void known_uprobes_forget(struct known_uprobes *known, unsigned int slot);

#endif
