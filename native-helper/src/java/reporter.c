// SPDX-License-Identifier: Apache-2.0
#include "java/reporter.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/null_device.h"
#include "java/java_process.h"
#include "java/protocol.h"
#include "java/target_files.h"

static bool put(int fd, int number)
{
	return fd >= 0 && dup2(fd, number) == number;
}

static void become_reporter(const struct config *config, const struct evidence *evidence, int files,
			    bool is_awaited)
{
	int directory = fcntl(evidence->dir_fd, F_DUPFD_CLOEXEC, REPORTER_PARENT_FD + 1);
	int parent = fcntl(evidence->parent_fd, F_DUPFD_CLOEXEC, REPORTER_PARENT_FD + 1);
	int socket = files < 0 ? -1 : fcntl(files, F_DUPFD_CLOEXEC, REPORTER_PARENT_FD + 1);
	int null = open_null(O_CLOEXEC);

	if (!is_awaited)
		(void)setsid(); /* its own scheduling group, so that it does not slow down others */
	if (!put(socket < 0 ? null : socket, STDIN_FILENO) || !put(null, STDOUT_FILENO) ||
	    !put(directory, REPORTER_DIRECTORY_FD) || !put(parent, REPORTER_PARENT_FD))
		_exit(126);
	java_exec(config, "-Xmx384m", "-XX:ErrorFile=/proc/self/fd/3/reporter_hs_err.log",
		  "io.jmortem.reporter.Main", evidence->path);
}

/* Returns our end of the socket, or -1; then the report is made without these files. */
static int start_files(struct reporter *reporter, const struct evidence *evidence)
{
	const struct timeval patience = { .tv_sec = TARGET_FILES_PATIENCE_S + 2 };
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -1;
	reporter->files = fork();
	if (reporter->files == 0)
		target_files_serve(ends[1], evidence->jvm->root_fd, evidence->cwd_fd,
				   &evidence->user);
	close(ends[1]);
	/* the server has a time limit for each file, but may be stopped, or hang with a disk */
	(void)setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (reporter->files > 0)
		return ends[0];
	reporter->files = 0;
	close(ends[0]);
	return -1;
}

int reporter_start(struct reporter *reporter, const struct config *config,
		   const struct evidence *evidence, bool is_awaited)
{
	int files, err;

	*reporter = (struct reporter) {};
	files = start_files(reporter, evidence);
	reporter->pid = fork();
	if (reporter->pid == 0)
		become_reporter(config, evidence, files, is_awaited);
	err = reporter->pid < 0 ? -errno : 0;
	if (files >= 0)
		close(files);
	if (err)
		reporter->pid = 0;
	return err;
}

void reporter_end(struct reporter *reporter)
{
	if (reporter->pid && !reporter->ended)
		(void)kill(reporter->pid, SIGKILL);
	if (reporter->files)
		(void)kill(reporter->files, SIGKILL);
	reporter->files = 0;
}
