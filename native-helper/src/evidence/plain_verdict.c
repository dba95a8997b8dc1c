// SPDX-License-Identifier: Apache-2.0
#include "evidence/plain_verdict.h"

#include <fcntl.h>
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

/* Opens HotSpot's log at its usual place; -1 if the process has written none there. */
static int open_log(const struct evidence *evidence)
{
	struct stat file;
	char name[48];
	int fd;

	if (evidence->cwd_fd < 0)
		return -1;
	log_name(evidence, name, sizeof(name));
	fd = path_open_beneath(evidence->cwd_fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0 && fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
	    (!evidence->user.is_known || file.st_uid == evidence->user.fsuid) &&
	    file.st_mtime + CLOCK_SLACK_S >= evidence->begun)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void add_head_line(int log, char *line, size_t size)
{
	char head[HEAD + 1];
	ssize_t n = pread(log, head, HEAD, 0);
	const char *found;

	head[n > 0 ? n : 0] = '\0';
	found = head_line(head);
	if (found) {
		add(line, size, "; HotSpot: ");
		add(line, size, found);
	}
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
	while (left && (n = read(log, buffer, left < sizeof(buffer) ? left : sizeof(buffer))) > 0) {
		if (text_write(copy, buffer, (size_t)n))
			break;
		left -= (size_t)n;
	}
	close(copy);
}

void plain_verdict_line(const struct plain_verdict *verdict, const struct evidence *evidence,
			char *line, size_t size)
{
	int log;

	(void)snprintf(line, size, "process %d ", evidence->jvm->pid);
	add_status(verdict, line, size);
	log = open_log(evidence);
	if (log < 0)
		return;
	add_head_line(log, line, size);
	close(log);
}

void plain_verdict_write(const struct plain_verdict *verdict, const struct evidence *evidence,
			 char *line, size_t size)
{
	int log;

	plain_verdict_line(verdict, evidence, line, size);
	log = evidence->dir_fd < 0 ? -1 : open_log(evidence);
	if (log < 0)
		return;
	keep_log(evidence, log);
	close(log);
}
