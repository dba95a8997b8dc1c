/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_H
#define TEST_H

/* what cmocka.h wants before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"

static inline int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* A directory with all that is in it; links themselves. */
static inline int remove_all_of(const char *path)
{
	return nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Makes a new directory, and writes its path to place, which remove_all_of() removes. */
static inline bool make_place(char *place, size_t size)
{
	(void)snprintf(place, size, "/tmp/jmortem-test-XXXXXX");
	return mkdtemp(place);
}

/* Whether these words are in the text. */
static inline bool has_words(const struct text *text, const char *words)
{
	return text->len && memmem(text->data, text->len, words, strlen(words)) != NULL;
}

/* How many descriptors of this process are open: the same again, where none is left open. */
static inline int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

/* For a child of a test, which must not go on as a test: assert_true() would. */
#define CHILD_ASSERT(condition)                                                               \
	do {                                                                                  \
		if (!(condition)) {                                                           \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			_exit(99);                                                            \
		}                                                                             \
	} while (0)

/* Runs it in a child. Returns the child's wait status: 0, if it has come to its end. */
static inline int run_in_child(void (*body)(void *context), void *context)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		body(context);
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid ? status : -1;
}

/* What is written to a descriptor by a child, until it ends. Ends with a NUL. */
static inline size_t hear_child(int number, void (*body)(void *context), void *context, char *heard,
				size_t size)
{
	int ends[2];
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	if (pipe(ends) || (pid = fork()) < 0)
		return 0;
	if (pid == 0) {
		close(ends[0]);
		if (dup2(ends[1], number) != number)
			_exit(99);
		close(ends[1]);
		body(context);
		_exit(0);
	}
	close(ends[1]);
	while (len < size - 1 && (n = read(ends[0], heard + len, size - 1 - len)) > 0)
		len += (size_t)n;
	heard[len] = '\0';
	close(ends[0]);
	return waitpid(pid, NULL, 0) == pid ? len : 0;
}

/*
 * A child that has prepared itself (NULL: there is nothing to do) and waits: until it is killed, or
 * this process has ended, however that was.
 */
static inline pid_t start_waiting(void (*prepare)(void *context), void *context)
{
	int ready[2], life[2];
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) || pipe2(life, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid == 0) {
		close(life[1]);
		if (prepare)
			prepare(context);
		(void)!write(ready[1], "", 1);
		(void)!read(life[0], &byte, 1);
		_exit(0);
	}
	close(ready[1]);
	close(life[0]); /* its other end stays open */
	if (read(ready[0], &byte, 1) != 1)
		pid = -1;
	close(ready[0]);
	return pid;
}

/* Kills it, and takes its status. */
static inline bool end_waiting(pid_t pid)
{
	return kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid;
}

/*
 * What is broken may wait for ever, and is ended then. Long enough for any machine; nothing else is
 * decided by it.
 */
static inline void end_if_stuck(void)
{
	(void)alarm(300);
}

#endif
