// SPDX-License-Identifier: Apache-2.0
#include "jvm.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "path_walk.h"
#include "proc_stat.h"

#define MAX_MAPS (64 * 1024 * 1024)
#define REAPED_PATIENCE_MS 2000 /* a parent that never asks for the status is not waited for */

/* linux/pidfd.h of 6.15; older headers lack it */
struct pidfd_exit_info {
	__u64 mask;
	__u64 cgroupid;
	__u32 pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	__s32 exit_code;
};
#define PIDFD_GET_EXIT_INFO _IOWR(0xFF, 11, struct pidfd_exit_info)
#define PIDFD_EXIT_INFO (1ULL << 3)

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
 * HotSpot reserves its code cache in one piece, of which the part in use is rwx and
 * the rest inaccessible. Others (libffi) have small rwx pieces too: the largest is
 * HotSpot's.
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

/* As when a package was upgraded under the running JVM. */
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

/* Calls found for each line of a maps file until it returns true. */
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

/* ---- the files that are mapped -------------------------------------------------- */

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
 * Whether it is the file that the JVM has mapped. Overlay and btrfs have other numbers in stat(2)
 * than in maps, so it is mapped here too, and what the kernel says of both is compared.
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

/* What is opened may be anything until it has been looked at: a pipe, a device. */
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

/* ---- threads --------------------------------------------------------------------- */

/* The directory of its threads, in the order of their age; NULL if it has ended. */
static DIR *open_tasks(const struct jvm *jvm)
{
	int fd = openat(jvm->proc_fd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

/*
 * What ends alone while the process goes on is no anchor: the VM ends its signal dispatcher, and
 * where main has returned its own thread, before it exits. What waits for ever is the best.
 */
static const char *const anchors[] = { "Reference Handl", "Finalizer", "Service Thread", NULL };

/* How good an anchor: 0 is the best; the number of names where it is none of them. */
static size_t anchor_rank(const struct jvm *jvm, const char *tid)
{
	struct text comm = {};
	char path[64];
	size_t rank = 0;

	(void)snprintf(path, sizeof(path), "task/%s/comm", tid);
	(void)text_read_file(&comm, jvm->proc_fd, path, 64);
	for (; anchors[rank]; rank++)
		if (comm.len == strlen(anchors[rank]) + 1 &&
		    memcmp(comm.data, anchors[rank], comm.len - 1) == 0)
			break;
	text_free(&comm);
	return rank;
}

/*
 * An application may give its own threads any name: of several the oldest is HotSpot's.
 * Where no name is known (JDK 8) the first thread must do: the launcher's waits until the end.
 */
static pid_t choose_anchor(const struct jvm *jvm)
{
	DIR *dir = open_tasks(jvm);
	size_t best = sizeof(anchors) / sizeof(*anchors) - 1;
	pid_t anchor = jvm->pid;
	struct dirent *entry;

	if (!dir)
		return anchor;
	while ((entry = readdir(dir))) {
		size_t rank = *entry->d_name == '.' ? best : anchor_rank(jvm, entry->d_name);

		if (rank < best) {
			best = rank;
			anchor = (pid_t)strtol(entry->d_name, NULL, 10);
		}
	}
	closedir(dir);
	return anchor;
}

static void clear(struct jvm *jvm, pid_t pid)
{
	memset(jvm, 0, sizeof(*jvm));
	jvm->pidfd = -1;
	jvm->proc_fd = -1;
	jvm->root_fd = -1;
	jvm->mounts_fd = -1;
	jvm->mem_fd = -ENOENT;
	jvm->pid = pid;
}

void jvm_of_ended(struct jvm *jvm, pid_t pid)
{
	clear(jvm, pid);
	jvm->tid = pid;
	jvm->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int jvm_open(struct jvm *jvm, pid_t pid, pid_t tid, enum kinship kinship)
{
	char path[32];
	struct text maps = {};

	clear(jvm, pid);
	jvm->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (jvm->pidfd < 0)
		return -errno;
	(void)snprintf(path, sizeof(path), "/proc/%d", pid);
	jvm->proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (jvm->proc_fd < 0)
		return -errno;
	/* Our parent now, so at all times before: no other process had its pid. */
	if (kinship == JVM_IS_PARENT && getppid() != pid)
		return -ESRCH;
	/* Alive still, so the directory that was opened is of the process that was. */
	if (jvm_has_ended(jvm))
		return -ESRCH;
	jvm->tid = tid ? tid : choose_anchor(jvm);
	/* It is what gets traced: whoever configures us must not name somebody else's. */
	if (!jvm_has_thread(jvm, jvm->tid))
		return -ESRCH;
	/* Later its first thread has none, and it may have other files than we. */
	(void)snprintf(path, sizeof(path), "task/%d/root", jvm->tid);
	jvm->root_fd = openat(jvm->proc_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "task/%d/ns/mnt", jvm->tid);
	jvm->mounts_fd = openat(jvm->proc_fd, path, O_RDONLY | O_CLOEXEC);
	/* Without them the markers are missing, and that is said where they are chosen. */
	(void)snprintf(path, sizeof(path), "task/%d/maps", jvm->tid);
	(void)text_read_file(&maps, jvm->proc_fd, path, MAX_MAPS);
	jvm_read_maps(jvm, &maps);
	text_free(&maps);
	return 0;
}

void jvm_open_memory(struct jvm *jvm)
{
	jvm->mem_fd = openat(jvm->proc_fd, "mem", O_RDONLY | O_CLOEXEC);
	if (jvm->mem_fd < 0)
		jvm->mem_fd = -errno;
}

/* The letter in a thread's stat, or 0. */
static char thread_state(const struct jvm *jvm, const char *tid)
{
	char path[64], state;
	int parent;

	(void)snprintf(path, sizeof(path), "task/%s/stat", tid);
	return proc_stat_read(jvm->proc_fd, path, &state, &parent) ? state : 0;
}

/* The number of the system call that a thread waits in, or -1. */
static long waits_in(const struct jvm *jvm, const char *tid)
{
	struct text text = {};
	char path[64];
	long number = -1;

	(void)snprintf(path, sizeof(path), "task/%s/syscall", tid);
	if (text_read_file(&text, jvm->proc_fd, path, 4096) == 0 && text.len &&
	    text.data[0] != 'r') { /* "running" */
		text_append(&text, "", 1);
		number = text.failed ? -1 : strtol(text.data, NULL, 10);
	}
	text_free(&text);
	return number;
}

static enum other_threads other_thread(const struct jvm *jvm, const char *tid)
{
	char state = thread_state(jvm, tid);

	if (!state || state == 'Z' || state == 'X')
		return THREADS_GONE;
	switch (waits_in(jvm, tid)) {
	case SYS_execve:
	case SYS_execveat:
		return THREADS_EXEC;
	default:
		return state == 'D' ? THREADS_ENDING : THREADS_RUN;
	}
}

static enum other_threads other_threads(const struct jvm *jvm)
{
	DIR *dir = open_tasks(jvm);
	enum other_threads most = THREADS_GONE;
	struct dirent *entry;

	if (!dir)
		return THREADS_GONE;
	while (most != THREADS_EXEC && (entry = readdir(dir))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
		enum other_threads one = tid <= 0 || tid == jvm->tid
						 ? THREADS_GONE
						 : other_thread(jvm, entry->d_name);

		most = one > most ? one : most;
	}
	closedir(dir);
	return most;
}

enum other_threads jvm_await_other_threads(const struct jvm *jvm, uint64_t deadline_ns)
{
	const struct timespec pause = { .tv_nsec = NANOS_PER_MILLI / 2 };
	enum other_threads others;

	/* The kernel tells of no thread's end but to its tracer. */
	while ((others = other_threads(jvm)) != THREADS_GONE && others != THREADS_EXEC &&
	       monotonic_ns() < deadline_ns)
		nanosleep(&pause, NULL);
	return others;
}

bool jvm_has_thread(const struct jvm *jvm, pid_t tid)
{
	struct stat status;
	char path[32];

	/* not access(2), which would leave capabilities out that hidepid asks for */
	(void)snprintf(path, sizeof(path), "task/%d", tid);
	return fstatat(jvm->proc_fd, path, &status, 0) == 0;
}

/*
 * The text behind a key such as "\nTracerPid:" in a thread's status; NULL: none. The text is to be
 * freed.
 */
static const char *status_field(const struct jvm *jvm, const char *tid, const char *key,
				struct text *status)
{
	const char *line = NULL;
	char path[64];

	(void)snprintf(path, sizeof(path), "task/%s/status", tid);
	if (text_read_file(status, jvm->proc_fd, path, 64 * 1024) == 0) {
		text_append(status, "", 1);
		line = status->data && !status->failed ? strstr(status->data, key) : NULL;
	}
	return line ? line + strlen(key) : NULL;
}

static pid_t tracer_of(const struct jvm *jvm, const char *tid)
{
	struct text status = {};
	const char *field = status_field(jvm, tid, "\nTracerPid:", &status);
	pid_t tracer = field ? (pid_t)strtol(field, NULL, 10) : 0;

	text_free(&status);
	return tracer;
}

int jvm_open_cwd(const struct jvm *jvm)
{
	char path[32];
	int fd;

	(void)snprintf(path, sizeof(path), "task/%d/cwd", jvm->tid);
	fd = openat(jvm->proc_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

struct jvm_user jvm_read_user(const struct jvm *jvm)
{
	struct text status = {};
	struct jvm_user user = {};
	const char *uids, *gids;
	char tid[16];

	(void)snprintf(tid, sizeof(tid), "%d", jvm->tid);
	uids = status_field(jvm, tid, "\nUid:", &status);
	gids = uids ? strstr(uids, "\nGid:") : NULL;
	/* real, effective, saved, file system */
	user.is_known = gids && sscanf(uids, "%u %*u %*u %u", &user.uid, &user.fsuid) == 2 &&
			sscanf(gids + 5, "%*u %*u %*u %u", &user.fsgid) == 1;
	text_free(&status);
	return user;
}

pid_t jvm_tracer(const struct jvm *jvm)
{
	DIR *dir = open_tasks(jvm);
	struct dirent *entry;
	pid_t tracer = 0;

	if (!dir)
		return 0;
	while (!tracer && (entry = readdir(dir)))
		if (*entry->d_name != '.')
			tracer = tracer_of(jvm, entry->d_name);
	closedir(dir);
	return tracer;
}

bool jvm_has_other_threads(const struct jvm *jvm)
{
	return other_threads(jvm) != THREADS_GONE || jvm->tid != jvm->pid;
}

/* include/linux/proc_ns.h: the inode of the first pid namespace */
#define PROC_PID_INIT_INO 0xEFFFFFFCU

bool is_first_pid_namespace(void)
{
	struct stat pid_ns;

	return stat("/proc/self/ns/pid", &pid_ns) == 0 && pid_ns.st_ino == PROC_PID_INIT_INO;
}

bool jvm_ends_namespace(const struct jvm *jvm)
{
	char state;
	int parent;

	if (is_first_pid_namespace())
		return false;
	return jvm->pid == 1 ||
	       (proc_stat_read(jvm->proc_fd, "stat", &state, &parent) && parent == 1);
}

bool jvm_has_ended(const struct jvm *jvm)
{
	/* one that could not be opened has none */
	struct pollfd pollfd = { .fd = jvm->pidfd, .events = POLLIN };

	return jvm->pidfd < 0 || poll(&pollfd, 1, 0) == 1;
}

char jvm_state(const struct jvm *jvm, pid_t tid)
{
	char name[16];

	(void)snprintf(name, sizeof(name), "%d", tid);
	return thread_state(jvm, name);
}

static int exit_info(const struct jvm *jvm, uint32_t *status)
{
	struct pidfd_exit_info info = { .mask = PIDFD_EXIT_INFO };

	if (ioctl(jvm->pidfd, PIDFD_GET_EXIT_INFO, &info))
		return -errno;
	if (!(info.mask & PIDFD_EXIT_INFO))
		return -ENODATA;
	*status = (uint32_t)info.exit_code;
	return 0;
}

int jvm_exit_status(const struct jvm *jvm, uint32_t *status)
{
	struct pollfd reaped = { .fd = jvm->pidfd }; /* POLLHUP comes unasked */
	int err = exit_info(jvm, status);

	if (err != -ENODATA && err != -ESRCH)
		return err; /* 0, or the kernel does not know of it */
	(void)poll(&reaped, 1, REAPED_PATIENCE_MS);
	return exit_info(jvm, status);
}

void jvm_close(struct jvm *jvm)
{
	if (jvm->pidfd > 0)
		close(jvm->pidfd);
	if (jvm->proc_fd > 0)
		close(jvm->proc_fd);
	if (jvm->mem_fd > 0)
		close(jvm->mem_fd);
	if (jvm->root_fd > 0)
		close(jvm->root_fd);
	if (jvm->mounts_fd > 0)
		close(jvm->mounts_fd);
	memset(jvm, 0, sizeof(*jvm));
}
