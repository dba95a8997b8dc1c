// SPDX-License-Identifier: Apache-2.0
#include "elf_symbol.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

struct wanted {
	unsigned char type; /* STT_... */
	const char *name;
	const char *infix; /* NULL: the name is the whole */
};

static bool matches(const char *symbol, const struct wanted *wanted)
{
	if (!wanted->infix)
		return strcmp(symbol, wanted->name) == 0;
	return strncmp(symbol, wanted->name, strlen(wanted->name)) == 0 &&
	       strstr(symbol, wanted->infix);
}

static int find_in_section(Elf *elf, Elf_Scn *section, const GElf_Shdr *header,
			   const struct wanted *wanted, GElf_Addr *address)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t count = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;

	for (size_t i = 0; data && i < count; i++) {
		GElf_Sym symbol;
		const char *found;

		if (!gelf_getsym(data, (int)i, &symbol))
			break;
		if (GELF_ST_TYPE(symbol.st_info) != wanted->type || symbol.st_shndx == SHN_UNDEF)
			continue;
		found = elf_strptr(elf, header->sh_link, symbol.st_name);
		if (found && matches(found, wanted)) {
			*address = symbol.st_value;
			return 0;
		}
	}
	return -ENOENT;
}

static int find_address(Elf *elf, GElf_Word type, const struct wanted *wanted, GElf_Addr *address)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;

		if (gelf_getshdr(section, &header) && header.sh_type == type &&
		    find_in_section(elf, section, &header, wanted, address) == 0)
			return 0;
	}
	return -ENOENT;
}

static int to_file_offset(Elf *elf, GElf_Addr address, uint64_t *offset)
{
	size_t count;

	if (elf_getphdrnum(elf, &count))
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr header;

		if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_LOAD)
			continue;
		if (address >= header.p_vaddr && address - header.p_vaddr < header.p_filesz) {
			*offset = address - header.p_vaddr + header.p_offset;
			return 0;
		}
	}
	return -EINVAL;
}

static int to_distance_from_code(Elf *elf, GElf_Addr address, uint64_t *behind_code)
{
	const GElf_Addr page = 4096;
	size_t count;

	if (elf_getphdrnum(elf, &count))
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr header;

		if (gelf_getphdr(elf, (int)i, &header) && header.p_type == PT_LOAD &&
		    (header.p_flags & PF_X)) {
			*behind_code = address - header.p_vaddr / page * page;
			return 0;
		}
	}
	return -EINVAL;
}

static int find(const char *path, const struct wanted *wanted,
		int (*convert)(Elf *elf, GElf_Addr address, uint64_t *result), uint64_t *result)
{
	GElf_Addr address = 0;
	Elf *elf = NULL;
	int err = -EINVAL;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (elf_version(EV_CURRENT) == EV_NONE)
		goto out;
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF)
		goto out;
	err = find_address(elf, SHT_SYMTAB, wanted, &address);
	if (err)
		err = find_address(elf, SHT_DYNSYM, wanted, &address);
	if (!err)
		err = convert(elf, address, result);
out:
	elf_end(elf);
	close(fd);
	return err;
}

int elf_find_function(const char *path, const char *name, const char *infix, uint64_t *offset)
{
	const struct wanted wanted = { STT_FUNC, name, infix };

	return find(path, &wanted, to_file_offset, offset);
}

int elf_find_variable(const char *path, const char *name, uint64_t *behind_code)
{
	const struct wanted wanted = { STT_OBJECT, name, NULL };

	return find(path, &wanted, to_distance_from_code, behind_code);
}
