// SPDX-License-Identifier: Apache-2.0
#include "process/maps.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "test.h"

static void read_maps(struct jvm *jvm, const char *lines)
{
	struct text text = {};

	*jvm = (struct jvm) { .proc_fd = -1, .root_fd = -1 };
	text_append_string(&text, lines);
	jvm_read_maps(jvm, &text);
	text_free(&text);
}

/* The name of a file has no bound that the kernel would hold it to in this file. */
static void a_line_of_any_length_is_passed_over(void **state)
{
	static char lines[3 * PATH_MAX];
	size_t len;
	struct jvm jvm;

	(void)state;
	for (size_t more = 0; more < 300; more++) {
		len = (size_t)sprintf(lines, "1000-2000 r-xp 0 fe:00 7 /");
		memset(lines + len, 'x', PATH_MAX - 200 + more);
		len += PATH_MAX - 200 + more;
		(void)sprintf(lines + len, "/libjvm.so\n3000-4000 r-xp 0 fe:00 8 /b/libjvm.so\n");
		read_maps(&jvm, lines);
		assert_true(jvm.libjvm.code.start == 0x1000 || jvm.libjvm.code.start == 0x3000);
		assert_true(strlen(jvm.libjvm.path) < sizeof(jvm.libjvm.path));
	}
	assert_int_equal(jvm.libjvm.code.start, 0x3000);
	assert_string_equal(jvm.libjvm.path, "/b/libjvm.so");
}

/* An application may load another one later, as a file by that name. */
static void the_first_of_each_counts(void **state)
{
	struct jvm jvm;

	(void)state;
	read_maps(&jvm, "1000-2000 r--p 0 fe:00 7 /a/libjvm.so\n"
			"2000-3000 r-xp 0 fe:00 7 /a/libjvm.so\n"
			"4000-5000 r-xp 0 fe:00 8 /b/libjvm.so\n"
			"5000-6000 r-xp 0 fe:00 8 /b/notlibjvm.so\n"
			"6000-7000 rw-p 0 fe:00 9 /c/libc.so.6\n"
			"7000-8000 r-xp 0 fe:00 9 /c/libc.so.6.old\n");
	assert_int_equal(jvm.libjvm.code.start, 0x2000);
	assert_string_equal(jvm.libjvm.path, "/a/libjvm.so");
	assert_int_equal(jvm.libc.code.start, 0);
}

static void knows_the_names_of_every_libc(void **state)
{
	static const char *const names[] = { "libc.so.6", "libc-2.28.so", "ld-musl-x86_64.so.1",
					     "libc.musl-x86_64.so.1" };
	struct jvm jvm;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char line[128];

		(void)snprintf(line, sizeof(line), "1000-2000 r-xp 0 fe:00 7 /lib/%s\n", names[i]);
		read_maps(&jvm, line);
		assert_int_equal(jvm.libc.code.start, 0x1000);
	}
}

/* libffi and others have small pieces of generated code too, before it or behind it. */
static void the_largest_piece_is_the_code_cache(void **state)
{
	struct jvm jvm;

	(void)state;
	read_maps(&jvm, "100000-102000 rwxp 0 00:00 0 \n"
			"200000-210000 rwxp 0 00:00 0 \n"
			"210000-280000 ---p 0 00:00 0 \n"
			"280000-2f0000 r--p 0 fe:00 7 /a/file\n"
			"2f0000-900000 ---p 0 00:00 0 \n"
			"900000-901000 rwxp 0 00:00 0 \n"
			"910000-a10000 rwxp 0 fe:00 9 /a/file\n");
	assert_int_equal(jvm.code_cache.start, 0x200000);
	assert_int_equal(jvm.code_cache.end, 0x280000);
}

/* ---- the files that are mapped -------------------------------------------------- */

static char place[64], file[96], other[96];

static int make_file(const char *path)
{
	int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);

	return fd < 0 || ftruncate(fd, 4096) ? -1 : fd;
}

/* Device and inode of the file, as the kernel writes them in maps. */
static void note_identity(char *identity, size_t size)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512], device[16];
	unsigned long inode;

	while (maps && fgets(line, sizeof(line), maps))
		if (strstr(line, file) && sscanf(line, "%*s %*s %*s %15s %lu", device, &inode) == 2)
			(void)snprintf(identity, size, "%s %lu", device, inode);
	if (maps)
		(void)fclose(maps);
}

struct mapped {
	struct jvm jvm;
	struct image image;
};

/* A file that is mapped, as a JVM's libjvm is; its process can't be asked for it. */
static int set_up(void **state)
{
	static struct mapped mapped;
	void *page;
	int fd;

	if (!make_place(place, sizeof(place)))
		return -1;
	(void)snprintf(file, sizeof(file), "%s/file", place);
	(void)snprintf(other, sizeof(other), "%s/other", place);
	fd = make_file(file);
	page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	close(make_file(other));
	mapped = (struct mapped) {
		.jvm = { .proc_fd = -1, .root_fd = open("/", O_PATH | O_CLOEXEC) },
		.image = { .code = { 0x1000, 0x2000 } },
	};
	(void)snprintf(mapped.image.path, sizeof(mapped.image.path), "%s", file);
	note_identity(mapped.image.identity, sizeof(mapped.image.identity));
	(void)munmap(page, 4096);
	*state = &mapped;
	return !*mapped.image.identity;
}

static int tear_down(void **state)
{
	close(((struct mapped *)*state)->jvm.root_fd);
	return remove_all_of(place);
}

static void assert_refused(const struct mapped *mapped)
{
	int before = count_descriptors();

	assert_int_equal(jvm_open_file(&mapped->jvm, &mapped->image), -ENOENT);
	assert_int_equal(count_descriptors(), before);
}

static void opens_the_very_file_that_is_mapped(void **state)
{
	struct mapped *mapped = *state;
	struct stat expected, found;
	int fd = jvm_open_file(&mapped->jvm, &mapped->image);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &found), 0);
	assert_int_equal(stat(file, &expected), 0);
	assert_int_equal(found.st_ino, expected.st_ino);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(write(fd, "x", 1), -1);
	close(fd);
	/* by another name it is the same */
	assert_int_equal(rename(file, other), 0);
	assert_int_equal(symlink(other, file), 0);
	fd = jvm_open_file(&mapped->jvm, &mapped->image);
	assert_true(fd >= 0);
	close(fd);
}

static void another_file_in_its_place_is_refused(void **state)
{
	struct mapped *mapped = *state;

	/* it stays where it is, so that its number is not given to another one */
	char away[96];

	(void)snprintf(away, sizeof(away), "%s/away", place);
	assert_int_equal(rename(file, away), 0);
	assert_refused(mapped);
	assert_int_equal(symlink(other, file), 0);
	assert_refused(mapped);
	assert_int_equal(rename(other, file), 0);
	assert_refused(mapped);
}

/* It is not waited for either. */
static void what_is_no_file_is_refused(void **state)
{
	struct mapped *mapped = *state;

	assert_int_equal(unlink(file), 0);
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_refused(mapped);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(mkdir(file, 0700), 0);
	assert_refused(mapped);
	(void)snprintf(mapped->image.path, sizeof(mapped->image.path), "/dev/zero");
	assert_refused(mapped);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_of_any_length_is_passed_over),
		cmocka_unit_test(the_first_of_each_counts),
		cmocka_unit_test(knows_the_names_of_every_libc),
		cmocka_unit_test(the_largest_piece_is_the_code_cache),
		cmocka_unit_test_setup_teardown(opens_the_very_file_that_is_mapped, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(another_file_in_its_place_is_refused, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_file_is_refused, set_up, tear_down),
	};

	end_if_stuck();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
