// SPDX-License-Identifier: Apache-2.0
#include "run/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/daemonize.h"
#include "base/log_line.h"
#include "base/null_device.h"
#include "process/privileges.h"
#include "run/supervisor.h"

static int start_supervisor(const struct config *config)
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		close(ends[0]);
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		fill_standard_descriptors();
		daemonize();
		/* not a child of ours, because we would have to wait for it */
		if (fork() == 0)
			supervise(config, ends[1]);
		_exit(0);
	}
	close(ends[1]);
	(void)waitpid(pid, NULL, 0);
	return ends[0];
}

/* Reads one byte; 0 if the supervisor has ended: then nothing is watched. */
static char hear(int supervisor)
{
	char byte = 0;

	while (read(supervisor, &byte, 1) < 0 && errno == EINTR)
		;
	return byte;
}

/*
 * Restores the limit of open files. HotSpot, which ran in this process before, has raised it; our
 * parent still has the original limit.
 */
static void restore_file_limit(void)
{
	struct rlimit parents, own;

	if (getppid() && prlimit(getppid(), RLIMIT_NOFILE, NULL, &parents) == 0 &&
	    getrlimit(RLIMIT_NOFILE, &own) == 0 && own.rlim_cur == own.rlim_max &&
	    parents.rlim_max == own.rlim_max && parents.rlim_cur < own.rlim_cur)
		(void)setrlimit(RLIMIT_NOFILE, &parents);
}

static void allow_all_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn static void become(char **command, int go_fd, int failed_fd)
{
	char go;
	int err;

	if (read(go_fd, &go, 1) != 1)
		_exit(RUN_FAILED);
	allow_all_signals();
	execvp(command[0], command);
	err = errno;
	(void)!write(failed_fd, &err, sizeof(err));
	_exit(err == ENOENT ? RUN_NOT_FOUND : RUN_NOT_EXECUTABLE);
}

/* Starts the command, which first waits until the supervisor knows it. Returns 0, or the errno. */
static int start_command(char **command, int supervisor, pid_t *pid)
{
	int go[2], failed[2], err = 0;

	if (pipe2(go, O_CLOEXEC) || pipe2(failed, O_CLOEXEC))
		return errno;
	*pid = fork();
	if (*pid < 0)
		return errno;
	if (*pid == 0) {
		close(go[1]);
		become(command, go[0], failed[1]);
	}
	close(go[0]);
	close(failed[1]);
	if (send(supervisor, pid, sizeof(*pid), MSG_NOSIGNAL) == sizeof(*pid))
		(void)hear(supervisor);
	(void)!write(go[1], "", 1);
	close(go[1]);
	(void)!read(failed[0], &err, sizeof(err));
	close(failed[0]);
	return err;
}

/* ---- while it runs ------------------------------------------------------------ */

/*
 * Signals of a terminal go to the whole foreground group, including the command. Signals of a
 * process go only to us, so they are passed on.
 */
static void pass_on(const siginfo_t *info, pid_t command)
{
	if (info->si_code <= 0 && info->si_pid != getpid())
		(void)kill(command, info->si_signo);
}

/* For a stop by the terminal; other stops of the command do not concern us. */
static bool is_job_control(int sig)
{
	return sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

/* Reaps all children: as the first process of a container, we inherit others. */
static bool reap(pid_t command, int *status)
{
	bool has_ended = false;
	int its_status;
	pid_t pid;

	while ((pid = waitpid(-1, &its_status, WNOHANG | WUNTRACED)) > 0) {
		if (pid != command)
			continue;
		if (WIFSTOPPED(its_status)) {
			if (is_job_control(WSTOPSIG(its_status)))
				(void)raise(SIGSTOP); /* the shell continues both of us */
		} else {
			*status = its_status;
			has_ended = true;
		}
	}
	return has_ended;
}

static int wait_for_command(pid_t command, const sigset_t *news)
{
	siginfo_t info;
	int status = 0;

	while (!reap(command, &status))
		if (sigwaitinfo(news, &info) > 0 && info.si_signo != SIGCHLD)
			pass_on(&info, command);
	return status;
}

/* The reports are being made; signals may end us now. */
static void wait_for_reports(int supervisor)
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	sigaddset(&ends, SIGQUIT);
	sigprocmask(SIG_UNBLOCK, &ends, NULL);
	(void)shutdown(supervisor, SHUT_WR);
	while (hear(supervisor))
		;
}

_Noreturn static void end_as(int status)
{
	const struct rlimit no_core = { 0, 0 }; /* one core is enough: that of the command */

	if (WIFSIGNALED(status)) {
		int sig = WTERMSIG(status);

		(void)setrlimit(RLIMIT_CORE, &no_core);
		(void)signal(sig, SIG_DFL);
		allow_all_signals();
		(void)raise(sig);
		_exit(128 + sig); /* the first process of a namespace can't be killed from inside */
	}
	_exit(WEXITSTATUS(status));
}

/* Readers of the command's output must see its end, not ours. */
static void leave_streams(void)
{
	int null = open_null(O_CLOEXEC);

	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
	close(null);
}

void run(const struct config *config, char **command)
{
	sigset_t all;
	pid_t pid = 0;
	int supervisor, err, status;

	fill_standard_descriptors(); /* a descriptor that was closed */
	supervisor = start_supervisor(config);
	privileges_drop_lent(); /* the command keeps its own descriptors */
	restore_file_limit();
	if (supervisor < 0) {
		log_line("run: can't start: %s", strerror(-supervisor));
		_exit(RUN_FAILED);
	}
	switch (hear(supervisor)) {
	case SUPERVISOR_LOOKS:
		(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
		break;
	case SUPERVISOR_SEES_ALL:
		break;
	default:
		log_line("run: JVMs are not watched: the supervisor has ended");
	}
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	err = start_command(command, supervisor, &pid);
	if (err) {
		log_line("run: %s: %s", command[0], strerror(err));
		_exit(err == ENOENT ? RUN_NOT_FOUND : RUN_NOT_EXECUTABLE);
	}
	leave_streams();
	status = wait_for_command(pid, &all);
	wait_for_reports(supervisor);
	end_as(status);
}
