// SPDX-License-Identifier: Apache-2.0
/*
 * A process that looks like a JVM: two threads, and files of its own making by the names of
 * HotSpot's and the C library's. For those who look into what a hostile one can do.
 *   fakejvm DIRECTORY symbols COUNT OFFSET   libjvm.so with so many symbols, of which the last is
 *                                            VMError::report_and_die, at this offset in the file
 *   fakejvm DIRECTORY sparse GIB             libjvm.so, a table of symbols of that size
 *   fakejvm DIRECTORY loop                   libc.so.6; its exit() is called for ever, and returns
 * Says "ready"; then, but for the loop, sleeps until it is killed.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096
#define CODE_AT PAGE
#define SYMBOLS_AT (3 * PAGE)
#define MAPPED (2 * PAGE)

static const char report_and_die[] = "_ZN7VMError14report_and_dieEiPKcS1_P13__va_list_tag";

struct names {
	char text[512];
	size_t len;
};

static Elf64_Word add_name(struct names *names, const char *name)
{
	Elf64_Word at = (Elf64_Word)names->len;

	memcpy(names->text + at, name, strlen(name) + 1);
	names->len += strlen(name) + 1;
	return at;
}

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(2);
}

static void write_at(int fd, const void *data, size_t len, off_t at)
{
	must(pwrite(fd, data, len, at) == (ssize_t)len, "write");
}

/* Headers, code of which every byte is a no-operation but the last, names; symbols come behind. */
static void write_file(int fd, const struct names *names, Elf64_Xword symbols)
{
	static char code[PAGE];
	const Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(header),
		.e_shoff = 512,
		.e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = 3,
	};
	/* all of memory, so that any address is the same offset of the file */
	const Elf64_Phdr segment = {
		.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_filesz = 1ULL << 40, .p_memsz = 1ULL << 40,
	};
	const Elf64_Shdr sections[3] = {
		[1] = { .sh_type = SHT_SYMTAB, .sh_offset = SYMBOLS_AT, .sh_size = symbols * sizeof(Elf64_Sym),
			.sh_link = 2, .sh_entsize = sizeof(Elf64_Sym), .sh_addralign = 8 },
		[2] = { .sh_type = SHT_STRTAB, .sh_offset = 2 * PAGE, .sh_size = names->len,
			.sh_addralign = 1 },
	};

	memset(code, 0x90, sizeof(code));
	code[sizeof(code) - 1] = (char)0xc3;
	write_at(fd, &header, sizeof(header), 0);
	write_at(fd, &segment, sizeof(segment), sizeof(header));
	write_at(fd, sections, sizeof(sections), 512);
	write_at(fd, code, sizeof(code), CODE_AT);
	write_at(fd, names->text, names->len, 2 * PAGE);
}

static void write_symbol(int fd, Elf64_Xword at, Elf64_Word name, Elf64_Addr value)
{
	const Elf64_Sym symbol = {
		.st_name = name,
		.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
		.st_shndx = 1,
		.st_value = value,
	};

	write_at(fd, &symbol, sizeof(symbol), SYMBOLS_AT + (off_t)(at * sizeof(symbol)));
}

static int create(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0755);

	must(fd >= 0, name);
	return fd;
}

/* Low: of several of a name the first one in the list of mappings counts. */
static char *map(int fd, uintptr_t at)
{
	char *code = mmap((void *)at, MAPPED, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	must(code != MAP_FAILED, "mmap");
	return code;
}

static void make_libjvm(Elf64_Xword symbols, Elf64_Addr value)
{
	struct names names = { .len = 1 };
	Elf64_Word name = add_name(&names, report_and_die);
	int fd = create("libjvm.so");

	write_file(fd, &names, symbols);
	write_symbol(fd, symbols - 1, name, value);
	(void)map(fd, 0x10000000);
}

static void call_exit_for_ever(void)
{
	static const char *const functions[] = { "abort", "exit", "_exit" };
	struct names names = { .len = 1 };
	int fd = create("libc.so.6");
	void (*function)(int);
	char *code;

	for (size_t i = 0; i < 3; i++)
		write_symbol(fd, i + 1, add_name(&names, functions[i]), CODE_AT + i * 64);
	write_file(fd, &names, 4);
	code = map(fd, 0x20000000) + CODE_AT + 64;
	memcpy(&function, &code, sizeof(function));
	make_libjvm(2, CODE_AT);
	puts("ready");
	fflush(stdout);
	for (;;)
		function(3);
}

static void *sleep_for_ever(void *nothing)
{
	for (;;)
		pause();
	return nothing;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	must(argc > 2 && chdir(argv[1]) == 0, "usage");
	must(pthread_create(&thread, NULL, sleep_for_ever, NULL) == 0, "thread");
	if (strcmp(argv[2], "loop") == 0)
		call_exit_for_ever();
	if (strcmp(argv[2], "sparse") == 0)
		make_libjvm((Elf64_Xword)atol(argv[3]) << 30, CODE_AT);
	else
		make_libjvm((Elf64_Xword)atol(argv[3]), (Elf64_Addr)atol(argv[4]));
	puts("ready");
	fflush(stdout);
	sleep_for_ever(NULL);
}
