// SPDX-License-Identifier: Apache-2.0
#include "plain_verdict.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "path_walk.h"

#define HEAD 4096

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
		(void)snprintf(text, sizeof(text), "has exited with status %d",
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

/* HotSpot writes three marks, blanks, then what it is about (VMError::report). */
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

static void add_head_line(const struct evidence *evidence, char *line, size_t size)
{
	char name[48], head[HEAD + 1];
	const char *found = NULL;
	struct stat file;
	ssize_t n;
	int fd;

	(void)snprintf(name, sizeof(name), "hs_err_pid%d.log", evidence->jvm->pid);
	fd = evidence->cwd_fd < 0
		     ? -1
		     : path_open_beneath(evidence->cwd_fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return;
	if (fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
	    (!evidence->user.is_known || file.st_uid == evidence->user.fsuid)) {
		n = read(fd, head, HEAD);
		head[n > 0 ? n : 0] = '\0';
		found = head_line(head);
	}
	close(fd);
	if (found) {
		add(line, size, "; HotSpot: ");
		add(line, size, found);
	}
}

void plain_verdict_write(const struct plain_verdict *verdict, const struct evidence *evidence,
			 char *line, size_t size)
{
	(void)snprintf(line, size, "process %d ", evidence->jvm->pid);
	add_status(verdict, line, size);
	add_head_line(evidence, line, size);
}
