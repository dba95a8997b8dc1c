// SPDX-License-Identifier: Apache-2.0
#include "java/reporter.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/log_line.h"
#include "base/null_device.h"
#include "evidence/loan.h"
#include "java/java_process.h"
#include "java/protocol.h"
#include "java/target_files.h"

#define MAX_LINE 1000 /* as log_line() has it */

static bool put(int fd, int number)
{
	return fd >= 0 && dup2(fd, number) == number;
}

/* A file in memory that can't grow. */
static int open_line(void)
{
	int fd = memfd_create("jmortem-line", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && (ftruncate(fd, MAX_LINE) || fcntl(fd, F_ADD_SEALS, F_SEAL_GROW))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void close_line(struct reporter *reporter)
{
	if (reporter->line_fd >= 0)
		close(reporter->line_fd);
	reporter->line_fd = -1;
}

/*
 * The user that the reporter becomes, to whom the directory is lent; 0: it stays ours. The reporter
 * publishes by itself then. It must where the end of the JVM ends us, too.
 */
static uid_t lend(const struct config *config, const struct evidence *evidence)
{
	uid_t user = jvm_ends_namespace(evidence->jvm) ? 0 : java_user(config);

	if (user && loan_begin(evidence->dir_fd, evidence->fd, user))
		return user;
	if (config->is_for_tenant)
		log_line("the reporter stays root, without capabilities: no other user can run %s "
			 "with %s here, or write in %s",
			 config->java, config->jar, evidence->path);
	return 0;
}

static void become_reporter(const struct config *config, const struct evidence *evidence, int files,
			    int line, bool is_awaited)
{
	uid_t user = lend(config, evidence);
	int directory = fcntl(evidence->dir_fd, F_DUPFD_CLOEXEC, REPORTER_PARENT_FD + 1);
	int parent = fcntl(evidence->parent_fd, F_DUPFD_CLOEXEC, REPORTER_PARENT_FD + 1);
	int socket = files < 0 ? -1 : fcntl(files, F_DUPFD_CLOEXEC, REPORTER_PARENT_FD + 1);
	int out = line < 0 ? -1 : fcntl(line, F_DUPFD_CLOEXEC, REPORTER_PARENT_FD + 1);
	int null = open_null(O_CLOEXEC);

	if (!is_awaited)
		(void)setsid(); /* its own scheduling group, so that it does not slow down others */
	if (!put(socket < 0 ? null : socket, STDIN_FILENO) ||
	    !put(user && out >= 0 ? out : null, STDOUT_FILENO) ||
	    !put(directory, REPORTER_DIRECTORY_FD) ||
	    !put(user ? null : parent, REPORTER_PARENT_FD))
		_exit(126);
	java_exec(config, user, "-Xmx384m", "-XX:ErrorFile=/proc/self/fd/3/reporter_hs_err.log",
		  "io.jmortem.reporter.Main", evidence->path, NULL);
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

	*reporter = (struct reporter) { .line_fd = open_line() };
	files = start_files(reporter, evidence);
	reporter->pid = fork();
	if (reporter->pid == 0)
		become_reporter(config, evidence, files, reporter->line_fd, is_awaited);
	err = reporter->pid < 0 ? -errno : 0;
	if (files >= 0)
		close(files);
	if (err) {
		reporter->pid = 0;
		close_line(reporter);
	}
	return err;
}

/* What it would have said itself, had it been able to publish. */
static void repeat_line(int fd)
{
	char line[MAX_LINE + 1] = "";

	if (pread(fd, line, MAX_LINE, 0) <= 0 || !*line)
		return;
	line[strcspn(line, "\n")] = '\0';
	log_line("%s", line);
}

void reporter_settle(struct reporter *reporter, struct evidence *evidence)
{
	bool is_made = reporter->ended && reporter->status == 0;

	if (loan_end(evidence->dir_fd) && is_made) {
		if (evidence_is_there(evidence)) {
			evidence_publish(evidence);
			reporter->is_published = true;
			repeat_line(reporter->line_fd);
		} else {
			evidence_withdraw(evidence);
		}
	}
	close_line(reporter);
}

static _Noreturn void become_keeper(const struct config *config, const struct evidence *evidence)
{
	int directory = fcntl(evidence->dir_fd, F_DUPFD_CLOEXEC, REPORTER_PARENT_FD + 1);
	int parent = fcntl(evidence->parent_fd, F_DUPFD_CLOEXEC, REPORTER_PARENT_FD + 1);
	int null = open_null(O_CLOEXEC);

	(void)setsid();
	if (!put(null, STDIN_FILENO) || !put(null, STDOUT_FILENO) ||
	    !put(directory, REPORTER_DIRECTORY_FD) || !put(parent, REPORTER_PARENT_FD))
		_exit(126);
	java_exec(config, 0, "-Xmx96m", "-XX:+SuppressFatalErrorMessage",
		  "io.jmortem.reporter.Keeper", evidence->path, config->report_options);
}

bool reporter_start_keeper(struct reporter *reporter, const struct config *config,
			   const struct evidence *evidence)
{
	/* the lock ends with the descriptor; whoever has it removes what is surplus for us, too */
	if (!reporter->is_published || !config->report_options ||
	    flock(evidence->parent_fd, LOCK_EX | LOCK_NB))
		return false;
	*reporter = (struct reporter) { .line_fd = -1, .pid = fork() };
	if (reporter->pid == 0)
		become_keeper(config, evidence);
	if (reporter->pid < 0)
		reporter->pid = 0;
	return reporter->pid;
}

void reporter_end(struct reporter *reporter)
{
	if (reporter->pid && !reporter->ended)
		(void)kill(reporter->pid, SIGKILL);
	if (reporter->files)
		(void)kill(reporter->files, SIGKILL);
	reporter->files = 0;
}
