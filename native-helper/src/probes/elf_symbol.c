// SPDX-License-Identifier: Apache-2.0
#include "probes/elf_symbol.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/daemonize.h"
#include "base/scheduling.h"
#include "process/sandbox.h"
#include "process/throwaway.h"

/* A libjvm with full debug information has some 500 MiB and 300,000 symbols. */
#define MAX_FILE_SIZE (2ULL << 30)
#define MAX_SYMBOLS 4000000U
#define MAX_SECTIONS 65536U

#define PATIENCE_NS (1 * NANOS_PER_SECOND)

static bool matches(const char *symbol, const struct elf_symbol *wanted)
{
	if (!wanted->infix)
		return strcmp(symbol, wanted->name) == 0;
	return strncmp(symbol, wanted->name, strlen(wanted->name)) == 0 &&
	       strstr(symbol, wanted->infix);
}

/* Stores the address of a found symbol as its value for now. */
static void compare(const char *name, const GElf_Sym *symbol, struct elf_symbol *symbols,
		    size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (symbols[i].err == -ENOENT &&
		    GELF_ST_TYPE(symbol->st_info) ==
			    (symbols[i].is_variable ? STT_OBJECT : STT_FUNC) &&
		    matches(name, &symbols[i])) {
			symbols[i].err = 0;
			symbols[i].value = symbol->st_value;
		}
}

static void search_section(Elf *elf, Elf_Scn *section, const GElf_Shdr *header,
			   struct elf_symbol *symbols, size_t count)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t all = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;

	for (size_t i = 0; data && i < all && i < MAX_SYMBOLS; i++) {
		GElf_Sym symbol;
		const char *name;

		if (!gelf_getsym(data, (int)i, &symbol))
			break;
		if (symbol.st_shndx == SHN_UNDEF)
			continue;
		name = elf_strptr(elf, header->sh_link, symbol.st_name);
		if (name)
			compare(name, &symbol, symbols, count);
	}
}

static void search_sections(Elf *elf, GElf_Word type, struct elf_symbol *symbols, size_t count)
{
	Elf_Scn *section = NULL;

	for (size_t i = 0; i < MAX_SECTIONS && (section = elf_nextscn(elf, section)); i++) {
		GElf_Shdr header;

		if (gelf_getshdr(section, &header) && header.sh_type == type)
			search_section(elf, section, &header, symbols, count);
	}
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

static void read_elf(Elf *elf, struct elf_symbol *symbols, size_t count)
{
	for (size_t i = 0; i < count; i++)
		symbols[i].err = -ENOENT;
	search_sections(elf, SHT_SYMTAB, symbols, count);
	search_sections(elf, SHT_DYNSYM, symbols, count);
	for (size_t i = 0; i < count; i++)
		if (!symbols[i].err)
			symbols[i].err =
				symbols[i].is_variable
					? to_distance_from_code(elf, symbols[i].value,
								&symbols[i].value)
					: to_file_offset(elf, symbols[i].value, &symbols[i].value);
}

static void fail(struct elf_symbol *symbols, size_t count, int err)
{
	for (size_t i = 0; i < count; i++)
		symbols[i].err = err;
}

void elf_read_symbols(int fd, struct elf_symbol *symbols, size_t count)
{
	struct stat file;
	Elf *elf = NULL;

	fail(symbols, count, -EINVAL);
	if (fstat(fd, &file) || !S_ISREG(file.st_mode) || elf_version(EV_CURRENT) == EV_NONE)
		return;
	if ((uint64_t)file.st_size > MAX_FILE_SIZE) {
		fail(symbols, count, -EFBIG);
		return;
	}
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF)
		read_elf(elf, symbols, count);
	elf_end(elf);
}

/* ---- in a separate process ----------------------------------------------------- */

struct answer {
	uint64_t value;
	int err;
};

_Noreturn static void be_reader(int fd, int answers, struct elf_symbol *symbols, size_t count)
{
	const int kept[] = { fd, answers };

	close_descriptors_except(kept, 2);
	set_high_priority(); /* a JVM may be dying at the same time */
	sandbox_enter(SANDBOX_PARSER, throwaway_choose());
	elf_read_symbols(fd, symbols, count);
	for (size_t i = 0; i < count; i++) {
		const struct answer answer = { symbols[i].value, symbols[i].err };

		if (write(answers, &answer, sizeof(answer)) != sizeof(answer))
			_exit(1);
	}
	_exit(0);
}

/* Answers arrive in one piece: they are smaller than a pipe's atomic write. */
static int hear(int answers, struct elf_symbol *symbols, size_t count)
{
	uint64_t end_ns = monotonic_ns() + PATIENCE_NS;

	for (size_t i = 0; i < count; i++) {
		struct pollfd pollfd = { .fd = answers, .events = POLLIN };
		uint64_t now = monotonic_ns();
		struct answer answer;
		int ready = poll(&pollfd, 1,
				 now < end_ns ? (int)((end_ns - now) / NANOS_PER_MILLI) : 0);

		if (ready == 0)
			return -ETIMEDOUT;
		if (ready < 0 || read(answers, &answer, sizeof(answer)) != sizeof(answer))
			return -EIO; /* it reached a limit, or the file is not an ELF file */
		symbols[i].value = answer.value;
		symbols[i].err = answer.err > 0 ? -EIO : answer.err;
	}
	return 0;
}

void elf_find_symbols(int fd, struct elf_symbol *symbols, size_t count)
{
	int ends[2], err;
	pid_t reader;

	fail(symbols, count, -EIO);
	if (pipe2(ends, O_CLOEXEC)) {
		fail(symbols, count, -errno);
		return;
	}
	reader = fork();
	if (reader == 0)
		be_reader(fd, ends[1], symbols, count);
	close(ends[1]);
	err = reader < 0 ? -errno : hear(ends[0], symbols, count);
	close(ends[0]);
	if (reader > 0) {
		(void)kill(reader, SIGKILL);
		/* a process that hangs in a file system is reaped later */
		(void)waitpid(reader, NULL, err == -ETIMEDOUT ? WNOHANG : 0);
	}
	if (err)
		fail(symbols, count, err);
}
