// SPDX-License-Identifier: Apache-2.0
/*
 * Ways to send a signal.
 *   send tkill|tgkill|sigqueue|pidfd|limit PID [SIGNAL]    SIGKILL or another, by that call or limit
 *   send terminal|hangup|parent COMMAND...         runs it; when it has said "asleep": a ^C at its
 *                                                  terminal, no terminal any more, no parent
 */
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int by_call(const char *how, pid_t pid, int sig)
{
	const struct rlimit one_second = { 1, 1 };
	union sigval value = { .sival_int = 1 };

	if (strcmp(how, "tkill") == 0)
		return (int)syscall(SYS_tkill, pid, sig);
	if (strcmp(how, "tgkill") == 0)
		return (int)syscall(SYS_tgkill, pid, pid, sig);
	if (strcmp(how, "sigqueue") == 0)
		return sigqueue(pid, sig, value);
	if (strcmp(how, "pidfd") == 0)
		return (int)syscall(SYS_pidfd_send_signal, syscall(SYS_pidfd_open, pid, 0), sig, NULL,
				    0);
	return prlimit(pid, RLIMIT_CPU, &one_second, NULL);
}

/* Passes on what the command says, and returns when it is asleep. */
static void await_sleep(int fd)
{
	static char said[1 << 20];
	size_t len = 0;

	while (!strstr(said, "asleep")) {
		ssize_t n = read(fd, said + len, sizeof(said) - 1 - len);

		if (n <= 0)
			exit(1);
		len += (size_t)n;
	}
	(void)!write(STDOUT_FILENO, said, len);
}

static int on_terminal(const char *how, char **command)
{
	int fd, status, own_stderr = dup(STDERR_FILENO);
	pid_t pid = forkpty(&fd, NULL, NULL, NULL);

	if (pid == 0) {
		/* what it says of its end is to be read when the terminal is gone */
		dup2(own_stderr, STDERR_FILENO);
		close(own_stderr);
		execvp(command[0], command);
		_exit(127);
	}
	close(own_stderr);
	await_sleep(fd);
	if (strcmp(how, "terminal") == 0)
		(void)!write(fd, "\003", 1);
	else
		close(fd);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int without_parent(char **command)
{
	int ends[2], status;
	pid_t pid;

	if (pipe(ends))
		return 1;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	if (pid == 0) {
		pid = fork();
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			dup2(ends[1], STDOUT_FILENO);
			execvp(command[0], command);
			_exit(127);
		}
		for (;;)
			pause();
	}
	close(ends[1]);
	await_sleep(ends[0]);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	waitpid(-1, &status, 0);
	return 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	if (strcmp(argv[1], "terminal") == 0 || strcmp(argv[1], "hangup") == 0)
		return on_terminal(argv[1], argv + 2);
	if (strcmp(argv[1], "parent") == 0)
		return without_parent(argv + 2);
	return by_call(argv[1], atoi(argv[2]), argc > 3 ? atoi(argv[3]) : SIGKILL) != 0;
}
