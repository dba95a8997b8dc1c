// SPDX-License-Identifier: Apache-2.0
#include "elf_symbol.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static bool matches(const char *symbol, const char *name, const char *infix)
{
	if (!infix)
		return strcmp(symbol, name) == 0;
	return strncmp(symbol, name, strlen(name)) == 0 && strstr(symbol, infix);
}

static int find_in_section(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, const char *name,
			   const char *infix, GElf_Addr *address)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t count = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;

	for (size_t i = 0; data && i < count; i++) {
		GElf_Sym symbol;
		const char *found;

		if (!gelf_getsym(data, (int)i, &symbol))
			break;
		if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF)
			continue;
		found = elf_strptr(elf, header->sh_link, symbol.st_name);
		if (found && matches(found, name, infix)) {
			*address = symbol.st_value;
			return 0;
		}
	}
	return -ENOENT;
}

static int find_address(Elf *elf, GElf_Word type, const char *name, const char *infix,
			GElf_Addr *address)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;

		if (gelf_getshdr(section, &header) && header.sh_type == type &&
		    find_in_section(elf, section, &header, name, infix, address) == 0)
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

int elf_find_function(const char *path, const char *name, const char *infix, uint64_t *offset)
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
	err = find_address(elf, SHT_SYMTAB, name, infix, &address);
	if (err)
		err = find_address(elf, SHT_DYNSYM, name, infix, &address);
	if (!err)
		err = to_file_offset(elf, address, offset);
out:
	elf_end(elf);
	close(fd);
	return err;
}
