// SPDX-License-Identifier: Apache-2.0
/*
 * jmortem-helper: watches the JVM that started it. Configuration comes on standard
 * input (config.h); the answer, one line on standard output, is "armed LEVEL" or
 * "failed WHY".
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture.h"
#include "clock.h"
#include "config.h"
#include "evidence.h"
#include "guardian.h"
#include "hold.h"
#include "jvm.h"
#include "kernel_log.h"
#include "probes.h"
#include "record.h"
#include "say.h"
#include "watch.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

/*
 * The JVM must not have a living child: a Java thread would wait for it in native
 * code, and HotSpot's exit gives such threads 300 ms. So the process that the JVM
 * started ends as soon as the answer has been given; all else is done by its child,
 * in which this function returns. The descriptor is to be closed after the answer.
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

/* Nothing that ends or suspends the JVM's session must end or suspend its witness. */
static void leave_session(void)
{
	const struct rlimit no_core = { 0, 0 };
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	(void)setsid();
	(void)setrlimit(RLIMIT_CORE, &no_core);
	umask(077);
	if (chdir("/"))
		return; /* a directory that can't be left does no harm */
}

/* What is closed would be taken by the next file opened, and written to by say(). */
static void fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* To an agent that may have gone away meanwhile, which changes nothing. */
static void answer(const char *word, const char *detail)
{
	char line[600];
	int len = snprintf(line, sizeof(line), "%s %s\n", word, detail);
	ssize_t ignored = write(STDOUT_FILENO, line, (size_t)len);

	(void)ignored;
	close(STDOUT_FILENO);
	close(STDIN_FILENO);
}

/*
 * Asleep until the JVM dies, the helper is then waited for: it must not queue behind
 * whatever keeps the machine busy. Without the privilege, as it comes.
 */
static void be_quick(void)
{
	const struct sched_param lowest = { .sched_priority = 1 };

	(void)sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &lowest);
}

static void describe_options(const struct config *config, struct json *json)
{
	json_begin_object(json, "options");
	json_string(json, "dir", config->dir);
	json_string(json, "fallback-dir", config->fallback_dir);
	json_string(json, "freeze", config->freeze_option);
	json_bool(json, "hold", config->hold);
	json_int(json, "deadline-ms", config->deadline_ms);
	json_int(json, "on-exit", config->on_exit);
	if (config->vm_options)
		json_string(json, "vm-options", config->vm_options);
	if (config->report_options)
		json_string(json, "report-options", config->report_options);
	json_string(json, "java", config->java);
	json_string(json, "jar", config->jar);
	json_end_object(json);
}

static void describe_arming(struct evidence *evidence, const struct config *config,
			    const struct probes *probes, int hold_err, const char *level)
{
	struct json *json = evidence_begin(evidence, "armed", monotonic_ns());

	json_string(json, "helper", VERSION);
	json_string(json, "level", level);
	json_int(json, "pid", evidence->jvm->pid);
	json_int(json, "uid", geteuid());
	json_nanos(json, "boot_unix_nano", clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME));
	describe_options(config, json);
	probes_describe(probes, json);
	if (evidence->jvm->mem_fd < 0)
		json_string(json, "memory", strerror(-evidence->jvm->mem_fd));
	if (hold_err)
		json_string(json, "hold", config->hold ? strerror(-hold_err) : "hold=off");
	evidence_end(evidence);
	capture_identity(evidence);
}

static void complain(const struct config *config, const struct probes *probes, int hold_err,
		     const char *level)
{
	if (!probes->skel)
		say("capture level %s (no kernel evidence): %s%s%s", level, probes->why,
		    *probes->hint ? "; " : "", probes->hint);
	else if (probes->marker == MARKER_NONE && config->marker != MARKER_NONE)
		say("crashes are seen only at their end: %s", probes->why);
	else if (config->marker >= 0 && (int)probes->marker != config->marker)
		say("%s; using marker=%s", probes->why, marker_name(probes->marker));
	if (config->hold && hold_err && probes->skel)
		say("no stacks of deaths other than crashes: a thread can't be held: %s",
		    strerror(-hold_err));
}

/* full: evidence and stacks; one of them: kernel, memory; none: agent */
static const char *capture_level(const struct config *config, const struct jvm *jvm,
				 const struct probes *probes, int hold_err)
{
	bool sees_crashes =
		probes->skel && config->freeze != FREEZE_OFF && probes->marker != MARKER_NONE;
	bool has_stacks = jvm->mem_fd >= 0 && (sees_crashes || !hold_err);

	if (probes->skel)
		return has_stacks ? "full" : "kernel";
	return has_stacks ? "memory" : "agent";
}

/*
 * The system may allow a process to be traced by its ancestors alone (Yama): then the
 * process itself must allow us, and the agent is asked to do it.
 */
static bool ask_for_permission(void)
{
	char line[32], reply;
	int len = snprintf(line, sizeof(line), "allow %d\n", getpid());

	return write(STDOUT_FILENO, line, (size_t)len) == len && read(STDIN_FILENO, &reply, 1) == 1;
}

static bool is_tracing_restricted(void)
{
	struct text text = {};
	bool restricted =
		text_read_file(&text, AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope", 16) == 0 &&
		text.len && text.data[0] == '1';

	text_free(&text);
	return restricted;
}

static int begin_hold(const struct config *config, struct jvm *jvm, struct hold *hold)
{
	int err = config->hold ? hold_begin(hold, jvm) : -ECANCELED;

	if ((err == -EPERM || jvm->mem_fd == -EACCES || jvm->mem_fd == -EPERM) &&
	    is_tracing_restricted() && ask_for_permission()) {
		if (jvm->mem_fd < 0)
			jvm_open_memory(jvm);
		if (err == -EPERM)
			err = hold_begin(hold, jvm);
	}
	return err;
}

static int arm(const struct config *config, struct jvm *jvm, struct probes *probes,
	       struct handover *handover, int answered_fd)
{
	static struct watch watch;
	static struct evidence evidence;
	const char *level;
	int hold_err;

	evidence_init(&evidence, config, jvm);
	watch = (struct watch) {
		.config = config,
		.jvm = jvm,
		.evidence = &evidence,
		.probes = probes,
		.handover = handover,
		.kernel_log = kernel_log_open(),
		.witness = { .config = config,
			     .jvm = jvm,
			     .evidence = &evidence,
			     .probes = probes,
			     .handover = handover,
			     .hold = &watch.hold },
	};
	witness_init(&watch.witness);
	(void)probes_open(probes, config, jvm, watch_on_record, &watch);
	/* last of all: from here on a death waits for us */
	hold_err = begin_hold(config, jvm, &watch.hold);
	level = capture_level(config, jvm, probes, hold_err);
	if (!jvm_has_ended(jvm))
		complain(config, probes, hold_err, level);
	describe_arming(&evidence, config, probes, hold_err, level);
	be_quick();
	answer("armed", level);
	close(answered_fd);
	watch_run(&watch);
	evidence_close(&evidence);
	guardian_dismiss(handover);
	close(STDERR_FILENO);
	probes_close(probes);
	return 0;
}

/* The JVM has ended before it could say where: the directory that we were extracted to. */
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
		remove_work_dir(path);
}

int main(int argc, char **argv)
{
	struct handover *handover;
	struct config config;
	struct probes probes;
	const char *why;
	struct jvm jvm;
	int err, answered_fd;

	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return printf("jmortem-helper %s protocol %s\n", VERSION, PROTOCOL) < 0;
	if (argc != 1) {
		(void)fprintf(stderr,
			      "usage: jmortem-helper [--version]\n"
			      "Started by the agent, which configures it on standard input.\n");
		return 2;
	}
	fill_standard_descriptors();
	leave_session();
	if (config_read(&config, STDIN_FILENO, &why)) {
		remove_own_directory();
		answer("failed configuration:", why);
		return 2;
	}
	err = jvm_open_parent(&jvm, config.pid, config.tid);
	if (err) {
		remove_work_dir(config.work_dir);
		answer("failed parent process:", strerror(-err));
		return 1;
	}
	answered_fd = leave_parent();
	if (answered_fd < 0) {
		answer("failed second process:", strerror(-answered_fd));
		return 1;
	}
	probes_prepare(&probes);
	handover = guardian_split(&config, &jvm, probes.freeze_state, answered_fd);
	if (!handover) {
		answer("failed second process:", strerror(errno));
		return 1;
	}
	return arm(&config, &jvm, &probes, handover, answered_fd);
}
