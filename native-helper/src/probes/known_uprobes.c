// SPDX-License-Identifier: Apache-2.0
#include "probes/known_uprobes.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum known_state { FREE, CLAIMED, ATTACHED };

struct known_uprobes *known_uprobes_new(void)
{
	void *known = mmap(NULL, sizeof(struct known_uprobes), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return known == MAP_FAILED ? NULL : known; /* zeroed: all are free */
}

void known_uprobes_free(struct known_uprobes *known)
{
	if (known)
		(void)munmap(known, sizeof(*known));
}

static bool is_same(const struct known_uprobe *each, const struct code_file *file)
{
	return each->kind == file->wanted && each->device == file->device &&
	       each->inode == file->inode;
}

/* NULL if the file has no uprobe in every process. */
static const struct known_uprobe *attached_to(const struct known_uprobes *known,
					      const struct code_file *file)
{
	for (size_t i = 0; known && file->fd >= 0 && i < KNOWN_UPROBES; i++) {
		const struct known_uprobe *each = &known->entries[i];

		if (__atomic_load_n(&each->state, __ATOMIC_ACQUIRE) == ATTACHED &&
		    is_same(each, file))
			return each;
	}
	return NULL;
}

bool known_uprobes_find(const struct known_uprobes *known, struct code_file *file)
{
	const struct known_uprobe *found = attached_to(known, file);

	if (!found)
		return false;
	memcpy(file->symbols, found->symbols, sizeof(file->symbols));
	file->has_symbols = true;
	return true;
}

bool known_uprobes_have_exits(const struct known_uprobes *known, const struct code_file *file)
{
	const struct known_uprobe *found = attached_to(known, file);

	return found && found->has_exits;
}

bool known_uprobes_begin(struct known_uprobes *known, unsigned int slot)
{
	unsigned int nobody = 0;

	return known && __atomic_compare_exchange_n(&known->busy, &nobody, slot + 1, false,
						    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

void known_uprobes_end(struct known_uprobes *known, unsigned int slot)
{
	unsigned int own = slot + 1;

	if (known)
		(void)__atomic_compare_exchange_n(&known->busy, &own, 0, false, __ATOMIC_ACQ_REL,
						  __ATOMIC_RELAXED);
}

int known_uprobes_claim(struct known_uprobes *known, const struct code_file *file,
			unsigned int slot)
{
	for (int i = 0; known && i < KNOWN_UPROBES; i++)
		if (__atomic_load_n(&known->entries[i].state, __ATOMIC_ACQUIRE) != FREE &&
		    is_same(&known->entries[i], file))
			return -EEXIST;
	for (int i = 0; known && i < KNOWN_UPROBES; i++) {
		struct known_uprobe *each = &known->entries[i];
		unsigned int expected = FREE;

		if (!__atomic_compare_exchange_n(&each->state, &expected, CLAIMED, false,
						 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			continue;
		each->slot = slot;
		each->kind = file->wanted;
		each->device = file->device;
		each->inode = file->inode;
		memcpy(each->symbols, file->symbols, sizeof(each->symbols));
		each->has_exits = false;
		return i;
	}
	return -ENOSPC;
}

void known_uprobes_settle(struct known_uprobes *known, int place, bool is_attached)
{
	__atomic_store_n(&known->entries[place].state, is_attached ? ATTACHED : FREE,
			 __ATOMIC_RELEASE);
}

void known_uprobes_forget(struct known_uprobes *known, unsigned int slot)
{
	known_uprobes_end(known, slot);
	for (int i = 0; i < KNOWN_UPROBES; i++)
		if (__atomic_load_n(&known->entries[i].state, __ATOMIC_ACQUIRE) == CLAIMED &&
		    known->entries[i].slot == slot)
			known_uprobes_settle(known, i, false);
}
