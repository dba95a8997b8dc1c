// SPDX-License-Identifier: Apache-2.0
#include "evidence/evidence.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_line.h"
#include "base/origin.h"
#include "base/path_walk.h"
#include "evidence/loan.h"

/* Maps of 16 MiB and stacks of 32 MiB, each twice, and the same again. */
#define MAX_LINES_SIZE (192U * 1024 * 1024)
#define RESERVED_SIZE (64 * 1024)
#define MEMORY_DIR "/dev/shm/jmortem-reports" /* if no disk can be written */

/* The offset may change: the clock is set, and a suspended machine stops one of the clocks. */
static int64_t clock_offset_ns(void)
{
	return (int64_t)(clock_ns(CLOCK_REALTIME) - monotonic_ns());
}

void evidence_init(struct evidence *evidence, const struct config *config, const struct jvm *jvm)
{
	memset(evidence, 0, sizeof(*evidence));
	evidence->config = config;
	evidence->jvm = jvm;
	evidence->fd = -1;
	evidence->dir_fd = -1;
	evidence->parent_fd = -1;
	evidence->cwd_fd = -1;
	evidence->cgroup_fd = -1;
	evidence->next_id = 1;
	evidence->begun = time(NULL);
	evidence->clock_offset_ns = clock_offset_ns();
}

/* Pages are allocated when they are written. A line that does not fit makes it full. */
struct text evidence_shared_memory(void)
{
	struct text text = { .size = MAX_LINES_SIZE + MAX_LINES_SIZE / 2, .is_fixed = true };

	text.data = mmap(NULL, text.size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return text.data == MAP_FAILED ? (struct text) {} : text;
}

/* ---- the directory ---------------------------------------------------------- */

static unsigned int random_number(void)
{
	unsigned int random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		random = (unsigned int)clock_ns(CLOCK_REALTIME);
	return random & 0xffffff;
}

/*
 * The directories, in the order of preference. Others may have created all but the last one before
 * us, because they know the names. Nobody can predict the last one.
 */
static bool candidate(const struct evidence *evidence, unsigned int place, char *path, size_t size)
{
	switch (place) {
	case 0:
		if (!origin_resolve(evidence->config->dir, path, size))
			(void)snprintf(path, size, "%s", evidence->config->fallback_dir);
		return true;
	case 1:
		return snprintf(path, size, "%s", evidence->config->fallback_dir) > 0;
	case 2:
		return snprintf(path, size, "%s-%u", evidence->config->fallback_dir, geteuid()) > 0;
	case 3:
		return snprintf(path, size, "%s-%u", MEMORY_DIR, geteuid()) > 0;
	case 4:
		return snprintf(path, size, "%s-%u-%06x", evidence->config->fallback_dir, geteuid(),
				random_number()) > 0;
	default:
		return false;
	}
}

/* Refuses a directory that another user owns or may write to: that user could replace it. */
static int open_parent(const char *path, unsigned int policy)
{
	struct stat status;
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), fd, err = 0;

	if (root < 0)
		return -errno;
	fd = path_walk(root, path, policy | WALK_TRUSTED_LINKS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(root);
	if (fd < 0)
		return fd;
	if (fstat(fd, &status))
		err = -errno;
	else if (status.st_uid != geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)))
		err = -EPERM;
	if (err)
		close(fd);
	return err ? err : fd;
}

int evidence_open_reports(const char *path)
{
	return open_parent(path, 0);
}

static const char *why_not(int err)
{
	return err == -EPERM
		       ? "another user owns it, or may write to it; give a subdirectory of it, "
			 "which jmortem creates for this user only"
		       : strerror(-err);
}

/* UTC time, host, pid, random: sorts by time, never collides. */
static void make_id(struct evidence *evidence)
{
	uint64_t now = clock_ns(CLOCK_REALTIME);
	time_t seconds = (time_t)(now / NANOS_PER_SECOND);
	char host[40] = "", stamp[32] = "";
	struct tm utc;

	gmtime_r(&seconds, &utc);
	(void)strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%S", &utc);
	(void)gethostname(host, sizeof(host) - 1);
	for (char *c = host; *c; c++)
		if (!isalnum((unsigned char)*c))
			*c = '_';
	(void)snprintf(evidence->id, sizeof(evidence->id), "%s.%03uZ-%s-%d-%06x", stamp,
		       (unsigned int)(now / NANOS_PER_MILLI % 1000), *host ? host : "host",
		       evidence->jvm->pid, random_number());
}

/* Writes the lines that are only in memory to the open file. */
static int flush(struct evidence *evidence)
{
	int err = text_write(evidence->fd, evidence->lines.data + evidence->written,
			     evidence->lines.len - evidence->written);

	if (!err)
		evidence->written = evidence->lines.len;
	return err;
}

static void directory_name(const struct evidence *evidence, char *name, size_t size)
{
	(void)snprintf(name, size, evidence->is_published ? "%s" : ".%s.partial", evidence->id);
}

static void close_place(struct evidence *evidence)
{
	if (evidence->fd >= 0)
		close(evidence->fd);
	if (evidence->dir_fd >= 0)
		close(evidence->dir_fd);
	if (evidence->parent_fd >= 0)
		close(evidence->parent_fd);
	evidence->fd = -1;
	evidence->dir_fd = -1;
	evidence->parent_fd = -1;
}

static void abandon_place(struct evidence *evidence)
{
	char name[REPORT_ID_LEN + 16];

	directory_name(evidence, name, sizeof(name));
	if (evidence->dir_fd >= 0)
		(void)unlinkat(evidence->dir_fd, EVIDENCE_FILE, 0);
	if (evidence->parent_fd >= 0)
		(void)unlinkat(evidence->parent_fd, name, AT_REMOVEDIR);
	close_place(evidence);
	evidence->is_published = false;
	evidence->written = 0;
}

/* The lock tells ReportDirectory that the evidence is in use; it ends with the descriptor. */
static void claim(const struct evidence *evidence)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	(void)fcntl(evidence->fd, F_OFD_SETLK, &all);
}

static int try_place(struct evidence *evidence, const char *parent)
{
	char name[REPORT_ID_LEN + 16];

	directory_name(evidence, name, sizeof(name));
	if (snprintf(evidence->path, sizeof(evidence->path), "%s/%s", parent, name) >=
	    (int)sizeof(evidence->path))
		return -ENAMETOOLONG;
	evidence->parent_fd = open_parent(parent, WALK_MAKE);
	if (evidence->parent_fd < 0)
		return evidence->parent_fd;
	if (mkdirat(evidence->parent_fd, name, 0700))
		return -errno;
	evidence->dir_fd =
		openat(evidence->parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (evidence->dir_fd < 0)
		return -errno;
	evidence->fd =
		openat(evidence->dir_fd, EVIDENCE_FILE,
		       O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	(void)snprintf(evidence->parent, sizeof(evidence->parent), "%s", parent);
	if (evidence->fd < 0)
		return -errno;
	claim(evidence);
	return flush(evidence);
}

static void leave_place(struct evidence *evidence, const char *parent, int err)
{
	abandon_place(evidence);
	evidence->place++;
	log_line("can't write reports in %s: %s", parent, why_not(err));
	evidence_problem(evidence, PART_DIR, "can't write in %s: %s", parent, why_not(err));
}

/* Tries the directories from the current one on, until one takes all lines written so far. */
static bool find_place(struct evidence *evidence)
{
	char parent[PATH_MAX];

	while (candidate(evidence, evidence->place, parent, sizeof(parent))) {
		int err = try_place(evidence, parent);

		if (!err)
			return true;
		leave_place(evidence, parent, err);
	}
	log_line("can't write evidence of the death of process %d anywhere", evidence->jvm->pid);
	return false;
}

bool evidence_move(struct evidence *evidence, int err)
{
	leave_place(evidence, evidence->parent, err);
	return find_place(evidence);
}

bool evidence_open(struct evidence *evidence)
{
	if (evidence->opened)
		return evidence->fd >= 0;
	evidence->opened = true;
	evidence->clock_offset_ns = clock_offset_ns();
	make_id(evidence);
	return find_place(evidence);
}

/* Takes over the directory of another process, and rewrites the file from the beginning. */
static int reopen_place(struct evidence *evidence)
{
	char name[REPORT_ID_LEN + 16];

	directory_name(evidence, name, sizeof(name));
	evidence->dir_fd =
		openat(evidence->parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (evidence->dir_fd < 0)
		return -errno;
	(void)loan_end(evidence->dir_fd); /* its reporter may have had it */
	evidence->fd =
		openat(evidence->dir_fd, EVIDENCE_FILE,
		       O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (evidence->fd < 0)
		return -errno;
	claim(evidence);
	return flush(evidence);
}

bool evidence_inherit(struct evidence *evidence)
{
	const char *end = memrchr(evidence->lines.data, '\n', evidence->lines.len);
	char path[PATH_MAX + REPORT_ID_LEN];
	bool was_opened = evidence->opened;

	evidence->lines.len = end ? (size_t)(end + 1 - evidence->lines.data) : 0;
	evidence->lines.failed = false;
	evidence->written = 0;
	evidence->fd = evidence->dir_fd = evidence->parent_fd = evidence->cwd_fd = -1;
	evidence->cgroup_fd = -1;
	evidence->opened = false;
	if (!was_opened || !*evidence->parent)
		return true;
	evidence->parent_fd = open_parent(evidence->parent, WALK_MAKE);
	if (evidence_has_report(evidence))
		return false;
	evidence->is_published = evidence_find_published(evidence, path, sizeof(path));
	if (evidence->parent_fd >= 0 && reopen_place(evidence) == 0)
		evidence->opened = true;
	else
		close_place(evidence);
	return true;
}

void evidence_publish(struct evidence *evidence)
{
	char name[REPORT_ID_LEN + 16];

	directory_name(evidence, name, sizeof(name));
	if (evidence->is_published || evidence->parent_fd < 0 ||
	    renameat(evidence->parent_fd, name, evidence->parent_fd, evidence->id))
		return;
	evidence->is_published = true;
	(void)snprintf(evidence->path, sizeof(evidence->path), "%s/%s", evidence->parent,
		       evidence->id);
}

bool evidence_has_report(const struct evidence *evidence)
{
	char name[REPORT_ID_LEN + 16];

	if (!*evidence->id || evidence->parent_fd < 0)
		return false;
	(void)snprintf(name, sizeof(name), "%s/" REPORT_FILE, evidence->id);
	return faccessat(evidence->parent_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool evidence_is_there(const struct evidence *evidence)
{
	return faccessat(evidence->dir_fd, EVIDENCE_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void evidence_withdraw(struct evidence *evidence)
{
	abandon_place(evidence);
}

bool evidence_find_published(const struct evidence *evidence, char *path, size_t size)
{
	if (!*evidence->id || evidence->parent_fd < 0)
		return false;
	(void)snprintf(path, size, "%s/%s", evidence->parent, evidence->id);
	return faccessat(evidence->parent_fd, evidence->id, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void evidence_close(struct evidence *evidence)
{
	close_place(evidence);
	if (evidence->cwd_fd >= 0)
		close(evidence->cwd_fd);
	evidence->cwd_fd = -1;
	if (evidence->cgroup_fd >= 0)
		close(evidence->cgroup_fd);
	evidence->cgroup_fd = -1;
	text_free(&evidence->lines);
}

/* ---- the lines -------------------------------------------------------------- */

struct json *evidence_begin(struct evidence *evidence, const char *event, uint64_t time_ns)
{
	struct json *json = &evidence->json;
	char id[16];

	evidence->line_at = evidence->lines.len;
	(void)snprintf(id, sizeof(id), "e%u", evidence->next_id++);
	json_begin_line(json, &evidence->lines);
	json_string(json, "id", id);
	json_string(json, "event", event);
	json_nanos(json, "timeUnixNano", time_ns + (uint64_t)evidence->clock_offset_ns);
	return json;
}

/*
 * A line that is beyond the bound, or incomplete, is removed and counted: whatever the process
 * does, this one must not use up the host's memory.
 */
void evidence_end(struct evidence *evidence)
{
	int err;

	json_end_line(&evidence->json);
	if (evidence->lines.failed ||
	    (evidence->lines.len > MAX_LINES_SIZE && !evidence->is_complete)) {
		evidence->lines.len = evidence->line_at;
		evidence->lines.failed = false;
		evidence->left_out++;
		return;
	}
	err = evidence->fd < 0 ? 0 : flush(evidence);
	if (err)
		(void)evidence_move(evidence, err);
}

void evidence_reserve(struct evidence *evidence)
{
	static const char zeros[4096];
	size_t len = evidence->lines.len;

	for (size_t more = 0; more < RESERVED_SIZE; more += sizeof(zeros))
		text_append(&evidence->lines, zeros, sizeof(zeros));
	evidence->lines.len = len;
	evidence->lines.failed = false;
}

void evidence_rewind(struct evidence *evidence, size_t len)
{
	if (!evidence->opened && len <= evidence->lines.len)
		evidence->lines.len = len;
}

/* ---- missing data ---------------------------------------------------------------- */

void evidence_moment(struct json *json, enum moment moment)
{
	static const char *const names[] = { "request", "fault", "exit" };

	json_string(json, "moment", names[moment]);
}

static void problem(struct evidence *evidence, enum part part, const enum moment *moment,
		    const char *format, va_list args)
{
	static const char *const parts[] = { "stacks", "threads",  "freeze", "records",
					     "lines",  "reporter", "dir" };
	struct json *json = evidence_begin(evidence, "problem", monotonic_ns());
	char what[512];

	(void)vsnprintf(what, sizeof(what), format, args);
	json_string(json, "part", parts[part]);
	json_string(json, "what", what);
	if (moment)
		evidence_moment(json, *moment);
	evidence_end(evidence);
}

void evidence_problem_at(struct evidence *evidence, enum part part, enum moment moment,
			 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	problem(evidence, part, &moment, format, args);
	va_end(args);
}

void evidence_problem(struct evidence *evidence, enum part part, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	problem(evidence, part, NULL, format, args);
	va_end(args);
}
