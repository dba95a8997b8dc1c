// SPDX-License-Identifier: Apache-2.0
#include "process/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path_walk.h"

struct mapping {
	uint64_t start, end;
	char perms[5];
	char identity[48]; /* device and inode */
	char *path;
};

static bool parse_mapping(char *line, struct mapping *mapping)
{
	int path_at = 0;

	char device[16];
	unsigned long inode;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*x %15s %lu %n", &mapping->start,
		   &mapping->end, mapping->perms, device, &inode, &path_at) != 5)
		return false;
	(void)snprintf(mapping->identity, sizeof(mapping->identity), "%s %lu", device, inode);
	mapping->path = path_at ? line + path_at : line + strlen(line);
	return true;
}

static bool is_libc(const char *name)
{
	return strcmp(name, "libc.so.6") == 0 || strncmp(name, "libc-2.", 7) == 0 ||
	       strncmp(name, "ld-musl-", 8) == 0 || strncmp(name, "libc.musl-", 10) == 0;
}

static void set_image(struct image *image, const struct mapping *mapping)
{
	if (image->code.start)
		return;
	image->code.start = mapping->start;
	image->code.end = mapping->end;
	(void)snprintf(image->path, sizeof(image->path), "%s", mapping->path);
	(void)snprintf(image->identity, sizeof(image->identity), "%s", mapping->identity);
}

static uint64_t size_of(const struct code_range *range)
{
	return range->end - range->start;
}

/*
 * HotSpot reserves its code cache as one area: the used part is rwx, the rest is inaccessible.
 * Other code (libffi) has small rwx areas, so the largest one is HotSpot's.
 */
static void extend_code_cache(struct jvm *jvm, struct code_range *run,
			      const struct mapping *mapping)
{
	bool continues = run->start && run->end == mapping->start && !*mapping->path;

	if (!continues) {
		memset(run, 0, sizeof(*run));
		if (*mapping->path || strncmp(mapping->perms, "rwx", 3) != 0)
			return;
		run->start = mapping->start;
	}
	run->end = mapping->end;
	if (size_of(run) > size_of(&jvm->code_cache))
		jvm->code_cache = *run;
}

/* The file was deleted, for instance by a package upgrade while the JVM runs. */
static void strip_deleted(char *path)
{
	static const char suffix[] = " (deleted)";
	size_t len = strlen(path), suffix_len = sizeof(suffix) - 1;

	if (len > suffix_len && strcmp(path + len - suffix_len, suffix) == 0)
		path[len - suffix_len] = '\0';
}

static void on_mapping(struct jvm *jvm, const struct mapping *mapping)
{
	const char *name;

	strip_deleted(mapping->path);
	name = strrchr(mapping->path, '/');
	if (mapping->perms[2] != 'x')
		return;
	if (strcmp(mapping->path, "[vdso]") == 0) {
		jvm->vdso.start = mapping->start;
		jvm->vdso.end = mapping->end;
	}
	if (!name)
		return;
	if (strcmp(name + 1, "libjvm.so") == 0)
		set_image(&jvm->libjvm, mapping);
	else if (is_libc(name + 1))
		set_image(&jvm->libc, mapping);
}

/* Calls found() for each line of a maps file until it returns true. */
static bool each_mapping(const struct text *maps,
			 bool (*found)(void *context, const struct mapping *mapping), void *context)
{
	char line[PATH_MAX + 128];
	const char *at = maps->data;
	const char *end = maps->data + maps->len;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((newline ? newline : end) - at);
		struct mapping mapping;

		if (len < sizeof(line)) {
			memcpy(line, at, len);
			line[len] = '\0';
			if (parse_mapping(line, &mapping) && found(context, &mapping))
				return true;
		}
		at += len + 1;
	}
	return false;
}

struct maps_reader {
	struct jvm *jvm;
	struct code_range run;
};

static bool read_mapping(void *context, const struct mapping *mapping)
{
	struct maps_reader *reader = context;

	extend_code_cache(reader->jvm, &reader->run, mapping);
	on_mapping(reader->jvm, mapping);
	return false;
}

void jvm_read_maps(struct jvm *jvm, const struct text *maps)
{
	struct maps_reader reader = { .jvm = jvm };

	(void)each_mapping(maps, read_mapping, &reader);
}

/* ---- the mapped files ---------------------------------------------------------- */

struct own_mapping {
	uint64_t page;
	const char *identity;
};

static bool is_own_mapping(void *context, const struct mapping *mapping)
{
	const struct own_mapping *wanted = context;

	return mapping->start <= wanted->page && mapping->end > wanted->page &&
	       strcmp(mapping->identity, wanted->identity) == 0;
}

/*
 * Whether it is the file that the JVM has mapped. Overlay and btrfs have different numbers in
 * stat(2) and in maps. So the file is mapped here, too, and both maps entries are compared.
 */
static bool is_file_of(int fd, const struct image *image)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	struct own_mapping wanted = { (uint64_t)(uintptr_t)page, image->identity };
	struct text maps = {};
	bool is;

	if (page == MAP_FAILED)
		return false;
	is = text_read_file(&maps, AT_FDCWD, "/proc/self/maps", MAX_MAPS) == 0 &&
	     each_mapping(&maps, is_own_mapping, &wanted);
	text_free(&maps);
	(void)munmap(page, size);
	return is;
}

/* The opened file may be anything until it is checked: a pipe, or a device. */
static int checked(int fd, const struct image *image)
{
	struct stat file;

	if (fd < 0)
		return fd;
	if (fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && is_file_of(fd, image))
		return fd;
	close(fd);
	return -ENOENT;
}

int jvm_open_file(const struct jvm *jvm, const struct image *image)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	char path[64];
	int fd;

	if (!image->code.start)
		return -ENOENT;
	(void)snprintf(path, sizeof(path), "map_files/%llx-%llx", image->code.start,
		       image->code.end);
	fd = checked(openat(jvm->proc_fd, path, flags), image);
	if (fd < 0 && jvm->root_fd >= 0)
		fd = checked(path_open_in_root(jvm->root_fd, image->path, flags), image);
	return fd < 0 ? -ENOENT : fd;
}
