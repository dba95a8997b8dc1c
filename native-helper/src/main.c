// SPDX-License-Identifier: Apache-2.0
/*
 * jmortem-helper: watches a JVM, either the one that started it or another one. It reads its
 * configuration from standard input (config.h), and writes answers to standard output (reply.h).
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/config.h"
#include "base/daemonize.h"
#include "base/log_line.h"
#include "base/origin.h"
#include "daemon/daemon.h"
#include "probes/probes.h"
#include "process/jvm.h"
#include "process/jvm_open.h"
#include "process/privileges.h"
#include "process/proc_stat.h"
#include "run/run.h"
#include "watch/arm.h"
#include "watch/late_report.h"
#include "watch/quota.h"
#include "watch/reply.h"
#include "watch/watchdog.h"
#include "watch/work_dir.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

/*
 * The JVM must not have a living child: a Java thread would wait for it in native code, and
 * HotSpot's exit waits 300 ms for such threads. So the process that the JVM started ends as soon as
 * the answer is given. This function returns in its child, which does everything else. The caller
 * must close the descriptor after the answer.
 */
static int leave_parent(void)
{
	int ends[2];
	char nothing;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	child = fork();
	if (child < 0)
		return -errno;
	if (child == 0) {
		close(ends[0]);
		return ends[1];
	}
	close(ends[1]);
	while (read(ends[0], &nothing, 1) > 0)
		;
	_exit(0);
}

/* Removes our directory, found by our own path: the JVM ended before it sent the path. */
static void remove_own_directory(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *name;

	if (len < 0)
		return;
	path[len] = '\0';
	name = strrchr(path, '/');
	if (!name || strcmp(name, "/helper") != 0)
		return;
	*name = '\0';
	name = strrchr(path, '/');
	if (name && strncmp(name, "/jmortem-", 9) == 0)
		work_dir_remove(path);
}

/* work_dir: NULL where it is not known. */
static int refuse(const char *work_dir, enum refusal reason, const char *why)
{
	work_dir_remove(work_dir);
	reply_failed(reason, why);
	return 1;
}

static int refuse_configuration(const char *work_dir, const char *why)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "configuration: %s", why);
	(void)refuse(work_dir, REFUSED_CONFIGURATION, text);
	return 2;
}

static int refuse_second_process(const char *work_dir, int err)
{
	char why[128];

	(void)snprintf(why, sizeof(why), "can't start the second process: %s", strerror(err));
	return refuse(work_dir, REFUSED_SYSTEM, why);
}

/* Whether the process that started us has ended; its pid can't have been reused yet. */
static bool has_gone(pid_t pid)
{
	char path[32], state;
	int parent;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	return getppid() != pid &&
	       (!proc_stat_read(AT_FDCWD, path, &state, &parent) || state == 'Z' || state == 'X');
}

/* From the configuration on standard input to the end of the watch. */
static int watch_configured(void)
{
	struct handover *handover;
	struct config config;
	struct probes probes;
	const char *why;
	struct jvm jvm;
	int err, answered_fd;
	char by[48];
	pid_t other;

	if (config_read(&config, STDIN_FILENO, &why)) {
		remove_own_directory();
		return refuse_configuration(NULL, why);
	}
	work_dir_keep(config.work_dir);
	work_dir_tidy(config.work_dir);
	if (!config.pid)
		return refuse_configuration(config.work_dir, "pid is required");
	if (quota_is_reached())
		return refuse(config.work_dir, REFUSED_QUOTA,
			      "too many JVMs of this user are watched already");
	err = jvm_open(&jvm, config.pid, config.tid, config.relation);
	if (err == -ESRCH && config.relation == JVM_IS_PARENT && has_gone(config.pid)) {
		jvm_close(&jvm);
		report_too_late(&config);
		work_dir_remove(config.work_dir);
		return 0;
	}
	if (!err)
		err = privileges_check(&jvm, jvm.tid);
	if (err)
		return refuse(config.work_dir, REFUSED_PROCESS, strerror(-err));
	if (is_watched_already(&jvm, &config, &other)) {
		(void)snprintf(by, sizeof(by), "it is watched already, by process %d", other);
		return refuse(config.work_dir, REFUSED_WATCHED, by);
	}
	/* a caller that listens until the end also waits for our end */
	answered_fd = config.exit_on_stdin_close ? -1 : leave_parent();
	if (answered_fd < 0 && !config.exit_on_stdin_close)
		return refuse_second_process(config.work_dir, -answered_fd);
	privileges_raise();
	probes_prepare(&probes);
	privileges_lower();
	handover = watchdog_split(&config, &jvm, probes.state);
	if (!handover)
		return refuse_second_process(config.work_dir, errno);
	return arm(&config, &jvm, &probes, handover, answered_fd);
}

/* Reads a configuration file, and removes it, and the directory of the program that runs. */
static bool take_config(struct config *config, const char *file, const char **why)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	*why = strerror(errno);
	if (fd < 0 || config_read(config, fd, why))
		return false;
	close(fd);
	(void)unlink(file);
	work_dir_remove(config->work_dir); /* the running program does not need its file */
	config->work_dir = NULL;
	return true;
}

/* The command uses standard input, so the configuration is in a file. */
static int run_configured(const char *config_file, char **command)
{
	static struct config config;
	const char *why;

	if (!take_config(&config, config_file, &why)) {
		log_line("run: configuration: %s", why);
		return RUN_FAILED;
	}
	origin_note();
	run(&config, command);
}

/* The daemon of a host. */
static int daemon_configured(const char *config_file)
{
	static struct config config;
	const char *why;

	if (!take_config(&config, config_file, &why)) {
		log_line("daemon: configuration: %s", why);
		return 2;
	}
	close(STDIN_FILENO);
	close(STDOUT_FILENO); /* nobody reads the answers of the watches there */
	fill_standard_descriptors();
	close_descriptors_except(NULL, 0);
	origin_note();
	daemonize();
	return daemon_run(&config);
}

int main(int argc, char **argv)
{
	const char *why = privileges_init();

	(void)prctl(PR_SET_NAME, HELPER_NAME);
	(void)signal(SIGCHLD, SIG_DFL); /* otherwise stops of tracees are not reported */
	if (why) {
		(void)fprintf(stderr, "jmortem-helper: %s\n", why);
		return 2;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return printf("jmortem-helper %s protocol %s libbpf %u.%u\n", VERSION, PROTOCOL,
			      libbpf_major_version(), libbpf_minor_version()) < 0;
	if (argc > 3 && strcmp(argv[1], "run") == 0)
		return run_configured(argv[2], argv + 3);
	if (argc == 3 && strcmp(argv[1], "daemon") == 0)
		return daemon_configured(argv[2]);
	if (argc != 1) {
		(void)fprintf(stderr,
			      "usage: jmortem-helper [--version | daemon CONFIG | run CONFIG "
			      "COMMAND...]\n"
			      "Started by jmortem, which configures it on standard input.\n");
		return 2;
	}
	fill_standard_descriptors();
	close_descriptors_except(NULL, 0); /* close descriptors that were inherited by accident */
	origin_note();
	daemonize();
	return watch_configured();
}
