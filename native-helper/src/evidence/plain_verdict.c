// SPDX-License-Identifier: Apache-2.0
#include "evidence/plain_verdict.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/path_walk.h"

#define HEAD 4096
/* File times are coarser than the kernel's clock. */
#define CLOCK_SLACK_S 2

#define MAX_LOG (8U << 20)

/* With less, memory may be what the process died of. */
#define LITTLE_MEMORY (8U << 20)

static void add(char *line, size_t size, const char *text)
{
	size_t len = strlen(line);

	(void)snprintf(line + len, size - len, "%s", text);
}

static void add_status(const struct plain_verdict *verdict, char *line, size_t size)
{
	const struct signal_sent_event *sent = &verdict->sent;
	int sig = WIFSIGNALED(verdict->status) ? WTERMSIG(verdict->status) : 0;
	char text[160];

	if (!verdict->has_status)
		(void)snprintf(text, sizeof(text), "has died");
	else if (sig)
		(void)snprintf(text, sizeof(text), "was ended by SIG%s", sigabbrev_np(sig) ?: "?");
	else
		(void)snprintf(text, sizeof(text), "exited with status %d",
			       WEXITSTATUS(verdict->status));
	add(line, size, text);
	if (!sig || sent->sig != sig)
		return;
	if (sent->by_kernel)
		(void)snprintf(text, sizeof(text), ", sent by the kernel");
	else
		(void)snprintf(text, sizeof(text), ", sent by %.16s (pid %u, uid %u)",
			       sent->header.comm, sent->header.thread.helper_tgid, sent->uid);
	add(line, size, text);
}

/* HotSpot writes hashes and blanks, then the error (VMError::report). */
static const char *head_line(char *head)
{
	static const char *const words[] = { "SIG", "Internal Error (", "Out of Memory Error (",
					     "Native memory allocation (" };
	char *rest = NULL;

	for (char *at = strtok_r(head, "\n", &rest); at; at = strtok_r(NULL, "\n", &rest)) {
		if (*at != '#')
			return NULL;
		at += 1 + strspn(at + 1, " ");
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (strncmp(at, words[i], strlen(words[i])) == 0)
				return at;
	}
	return NULL;
}

static void log_name(const struct evidence *evidence, char *name, size_t size)
{
	(void)snprintf(name, size, "hs_err_pid%d.log", evidence->jvm->pid);
}

/* The value of the last -XX:ErrorFile among options that this character separates; or NULL. */
static const char *error_file(const char *options, char separator, size_t *len)
{
	static const char option[] = "-XX:ErrorFile=";
	const char *found = NULL;

	for (const char *at = options; at && *at;) {
		const char *end = strchrnul(at, separator);

		if (strncmp(at, option, sizeof(option) - 1) == 0) {
			found = at + sizeof(option) - 1;
			*len = (size_t)(end - found);
		}
		at = *end ? end + 1 : end;
	}
	return found;
}

/* Replaces %p by the pid and %% by a percent sign, as HotSpot does. False if it does not fit. */
static bool expand(const struct evidence *evidence, const char *pattern, size_t len, char *path,
		   size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n + 16 < size; i++) {
		char next = i + 1 < len ? pattern[i + 1] : '\0';

		if (pattern[i] == '%' && next == 'p')
			n += (size_t)snprintf(path + n, size - n, "%d", evidence->jvm->pid);
		else
			path[n++] = pattern[i];
		i += pattern[i] == '%' && (next == 'p' || next == '%');
	}
	path[n] = '\0';
	return n && n + 16 < size;
}

/* -1 if the process has not written this file. */
static int open_log_at(const struct evidence *evidence, const char *path)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	bool is_whole = *path == '/';
	int from = is_whole ? evidence->jvm->root_fd : evidence->cwd_fd;
	struct stat file;
	int fd;

	if (from < 0)
		return -1;
	fd = is_whole ? path_open_in_root(from, path, flags) : path_open_beneath(from, path, flags);
	if (fd >= 0 && fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
	    (!evidence->user.is_known || file.st_uid == evidence->user.fsuid) &&
	    file.st_mtime + CLOCK_SLACK_S >= evidence->begun)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* HotSpot's log, where ErrorFile says, or at one of its usual places; or -1. */
static int open_log(const struct evidence *evidence)
{
	const struct config *config = evidence->config;
	char path[PATH_MAX], name[48];
	size_t len = 0;
	const char *named = error_file(config->command_line, '\x1f', &len);
	int fd = -1;

	if (!named)
		named = error_file(config->vm_options, '\n', &len);
	if (named && expand(evidence, named, len, path, sizeof(path)))
		fd = open_log_at(evidence, path);
	log_name(evidence, name, sizeof(name));
	if (fd < 0)
		fd = open_log_at(evidence, name);
	(void)snprintf(path, sizeof(path), "/tmp/%s", name);
	return fd < 0 ? open_log_at(evidence, path) : fd;
}

/* Returns the category that it tells of; NULL if the line is not found. */
static const char *add_head_line(int log, char *line, size_t size)
{
	char head[HEAD + 1];
	ssize_t n = pread(log, head, HEAD, 0);
	const char *found;

	head[n > 0 ? n : 0] = '\0';
	found = head_line(head);
	if (!found)
		return NULL;
	add(line, size, "; HotSpot: ");
	add(line, size, found);
	return strncmp(found, "SIG", 3) == 0 ? "vm-crash (likely)" : "vm-error (likely)";
}

/* Copies the log for the report that is made later. */
static void keep_log(const struct evidence *evidence, int log)
{
	char name[48], buffer[16384];
	size_t left = MAX_LOG;
	ssize_t n;
	int copy;

	log_name(evidence, name, sizeof(name));
	copy = openat(evidence->dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		      0600);
	if (copy < 0)
		return;
	(void)lseek(log, 0, SEEK_SET);
	while (left && (n = read(log, buffer, left < sizeof(buffer) ? left : sizeof(buffer))) > 0) {
		if (text_write(copy, buffer, (size_t)n))
			break;
		left -= (size_t)n;
	}
	close(copy);
}

/* Never more than the status says: what led to it is for the reporter to find. */
static const char *category(const struct plain_verdict *verdict)
{
	int sig = WIFSIGNALED(verdict->status) ? WTERMSIG(verdict->status) : 0;

	if (!verdict->has_status)
		return "unknown (possible)";
	if (sig)
		return sig == SIGKILL || sig == SIGTERM ? "killed (possible)"
							: "fatal-signal (possible)";
	return WEXITSTATUS(verdict->status) ? "exit (possible)" : "clean (possible)";
}

static void add_memory(const struct plain_verdict *verdict, char *line, size_t size)
{
	char text[64];

	if (!verdict->memory_left || verdict->memory_left >= LITTLE_MEMORY)
		return;
	(void)snprintf(text, sizeof(text), "; only %u KiB of memory were left at its end",
		       (unsigned int)(verdict->memory_left >> 10));
	add(line, size, text);
}

static const char *write_line(const struct plain_verdict *verdict, const struct evidence *evidence,
			      bool keeps, char *line, size_t size)
{
	const char *found = NULL;
	int log;

	(void)snprintf(line, size, "process %d ", evidence->jvm->pid);
	add_status(verdict, line, size);
	add_memory(verdict, line, size);
	log = open_log(evidence);
	if (log >= 0) {
		found = add_head_line(log, line, size);
		if (evidence->dir_fd >= 0 && keeps)
			keep_log(evidence, log);
		close(log);
	}
	text_make_harmless(line, strlen(line));
	return found ? found : category(verdict);
}

void plain_verdict_line(const struct plain_verdict *verdict, const struct evidence *evidence,
			char *line, size_t size)
{
	(void)write_line(verdict, evidence, false, line, size);
}

const char *plain_verdict_write(const struct plain_verdict *verdict,
				const struct evidence *evidence, char *line, size_t size)
{
	return write_line(verdict, evidence, true, line, size);
}
