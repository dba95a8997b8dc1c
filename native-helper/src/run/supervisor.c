// SPDX-License-Identifier: Apache-2.0
#include "run/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/daemonize.h"
#include "base/log_line.h"
#include "base/scheduling.h"
#include "base/text.h"
#include "probes/probes.h"
#include "process/jvm.h"
#include "process/jvm_open.h"
#include "process/jvm_threads.h"
#include "process/privileges.h"
#include "run/process_tree.h"
#include "watch/arm.h"
#include "watch/quota.h"
#include "watch/watchdog.h"

#define MAX_JVMS 64
#define STANDBYS 2 /* a build starts several JVMs at once */
#define READY_PATIENCE_MS 3000

/* A JVM, and the helper (its watchdog) that watches it. */
struct watched {
	struct jvm jvm;
	uid_t user;
	pid_t helper;
	int helper_fd; /* readable when the helper is ready for a JVM */
};

/* A standby helper, which waits for its JVM. */
struct standby {
	pid_t pid; /* 0: there is none */
	int fd; /* it sends a byte when it is ready; we write the pid of a JVM */
};

struct supervisor {
	const struct config *config;
	struct process_tree tree;
	struct watched watched[MAX_JVMS];
	size_t count;
	struct standby standbys[STANDBYS]; /* the next one first */
	int socket;
	int epoll;
	bool has_ended; /* the command */
	bool has_told_of_quota;
};

/* ---- a helper of a JVM ------------------------------------------------------- */

enum haste {
	AT_EASE, /* for a JVM that is just starting */
	QUICKLY, /* the command waits until it is ready */
	AT_ONCE, /* its JVM runs already: take the hold first, and do slow steps later */
};

/* Slow steps are done before the pid is read. */
_Noreturn static void be_standby(const struct config *common, int fd, enum haste haste)
{
	const struct sched_param none = {};
	static struct config config;
	static struct probes probes;
	struct handover *handover;
	struct jvm jvm;
	pid_t other;

	config = *common;
	config.is_one_of_many = true;
	config.relation = JVM_IS_OTHER;
	(void)prctl(PR_SET_NAME, HELPER_NAME);
	config.is_late = haste == AT_ONCE;
	if (haste == AT_EASE)
		(void)sched_setscheduler(0, SCHED_IDLE, &none);
	privileges_raise();
	probes_prepare(&probes);
	if (haste != AT_ONCE)
		probes_load(&probes, &config);
	privileges_lower();
	(void)sched_setscheduler(0, SCHED_OTHER, &none);
	(void)!write(fd, "", 1);
	set_high_priority();
	if (read(fd, &config.pid, sizeof(config.pid)) != sizeof(config.pid))
		_exit(0); /* there will be no JVM */
	close(fd);
	if (jvm_open(&jvm, config.pid, 0, config.relation) || privileges_check(&jvm, jvm.tid) ||
	    is_watched_already(&jvm, &config, &other) || quota_is_reached())
		_exit(0);
	handover = watchdog_split(&config, &jvm, probes.state);
	_exit(handover ? arm(&config, &jvm, &probes, handover, -1) : 1);
}

static void make_standby(struct supervisor *supervisor, struct standby *standby, enum haste haste)
{
	int ends[2];

	*standby = (struct standby) {};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return;
	standby->pid = fork();
	if (standby->pid == 0) {
		/*
		 * A process that waits for the supervisor must not wait for the helper of a JVM,
		 * and BPF of the supervisor must end with it.
		 */
		close_descriptors_except(&ends[0], 1);
		be_standby(supervisor->config, ends[0], haste);
	}
	close(ends[0]);
	standby->fd = ends[1];
	if (standby->pid < 0) {
		standby->pid = 0;
		close(standby->fd);
	}
}

static void make_standbys(struct supervisor *supervisor)
{
	for (size_t i = 0; i < STANDBYS; i++)
		if (!supervisor->standbys[i].pid)
			make_standby(supervisor, &supervisor->standbys[i], AT_EASE);
}

static void close_standby(struct standby *standby)
{
	if (standby->pid)
		close(standby->fd);
	*standby = (struct standby) {};
}

/* The oldest standby helper comes next: it had the most time to get ready. */
static struct standby take_out(struct supervisor *supervisor, size_t at)
{
	struct standby taken = supervisor->standbys[at];

	for (; at + 1 < STANDBYS; at++)
		supervisor->standbys[at] = supervisor->standbys[at + 1];
	supervisor->standbys[STANDBYS - 1] = (struct standby) {};
	return taken;
}

static bool is_ready(int spare_fd)
{
	struct pollfd pollfd = { .fd = spare_fd, .events = POLLIN };

	return poll(&pollfd, 1, 0) == 1;
}

static void await_first_standby(const struct supervisor *supervisor)
{
	struct pollfd pollfd = { .fd = supervisor->standbys[0].fd, .events = POLLIN };

	if (supervisor->standbys[0].pid)
		(void)poll(&pollfd, 1, READY_PATIENCE_MS);
}

/* ---- finding JVMs ----------------------------------------------------------- */

static bool is_known(struct supervisor *supervisor, pid_t pid)
{
	for (size_t i = 0; i < supervisor->count; i++)
		if (supervisor->watched[i].jvm.pid == pid &&
		    !jvm_has_ended(&supervisor->watched[i].jvm))
			return true;
	return false;
}

/*
 * JVMs of other users below a command of root must not use up the host's CPU and memory. All these
 * users are counted together, because one user may have many uids (subuid(5)).
 */
static bool are_enough(struct supervisor *supervisor, uid_t user)
{
	size_t watched = 0;

	for (size_t i = 0; i < supervisor->count; i++)
		watched +=
			supervisor->watched[i].helper && supervisor->watched[i].user != geteuid();
	if (user == geteuid() || watched < WATCHES_A_USER)
		return false;
	if (!supervisor->has_told_of_quota)
		log_line("other users run %u JVMs below this command, which is the limit: more are "
			 "not watched",
			 WATCHES_A_USER);
	supervisor->has_told_of_quota = true;
	return true;
}

static void on_process(void *context, const struct grown_process *process)
{
	pid_t pid = (pid_t)process->pid;
	struct supervisor *supervisor = context;
	struct watched *watched = &supervisor->watched[supervisor->count];
	struct standby standby = {};
	bool is_jvm;

	if (supervisor->count == MAX_JVMS || is_known(supervisor, pid))
		return;
	/* a process before its execve has the memory of its parent, and one thread */
	is_jvm = !jvm_open(&watched->jvm, pid, 0, JVM_IS_OTHER) && watched->jvm.libjvm.code.start &&
		 jvm_has_other_threads(&watched->jvm);
	if (is_jvm)
		watched->user = jvm_read_user(&watched->jvm).uid;
	if (!is_jvm || are_enough(supervisor, watched->user)) {
		jvm_close(&watched->jvm);
		return;
	}
	if (!supervisor->standbys[0].pid || !is_ready(supervisor->standbys[0].fd))
		make_standby(supervisor, &standby, AT_ONCE);
	else
		standby = take_out(supervisor, 0);
	if (!standby.pid || write(standby.fd, &pid, sizeof(pid)) != sizeof(pid)) {
		close_standby(&standby);
		jvm_close(&watched->jvm);
		return;
	}
	watched->helper = standby.pid;
	watched->helper_fd = standby.fd;
	supervisor->count++;
	process_tree_learn(&supervisor->tree, watched->jvm.libjvm.path);
	make_standbys(supervisor); /* for the next JVM */
}

/* A JVM whose helper ended first is not tried again: it was refused, or released. */
static void forget_ended(struct supervisor *supervisor)
{
	for (size_t i = 0; i < supervisor->count;) {
		struct watched *watched = &supervisor->watched[i];

		if (watched->helper || !jvm_has_ended(&watched->jvm)) {
			i++;
			continue;
		}
		jvm_close(&watched->jvm);
		*watched = supervisor->watched[--supervisor->count];
	}
}

static void forget(struct supervisor *supervisor, pid_t helper)
{
	for (size_t i = 0; i < supervisor->count; i++)
		if (supervisor->watched[i].helper == helper) {
			supervisor->watched[i].helper = 0;
			close(supervisor->watched[i].helper_fd);
			return;
		}
	for (size_t i = 0; i < STANDBYS; i++)
		if (supervisor->standbys[i].pid == helper) {
			struct standby failed = take_out(supervisor, i); /* it could not watch */

			close_standby(&failed);
			return;
		}
}

static void reap(struct supervisor *supervisor)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		forget(supervisor, pid);
	forget_ended(supervisor);
}

/* ---- the main loop ------------------------------------------------------------ */

static bool has_reports_to_come(const struct supervisor *supervisor)
{
	for (size_t i = 0; i < supervisor->count; i++)
		if (supervisor->watched[i].helper && jvm_has_ended(&supervisor->watched[i].jvm))
			return true;
	return false;
}

static bool add(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void on_socket(struct supervisor *supervisor)
{
	struct pollfd pollfd = { .fd = supervisor->socket, .events = POLLIN };
	char known = 0;
	pid_t root;

	if (supervisor->has_ended || poll(&pollfd, 1, 0) != 1)
		return;
	if (read(supervisor->socket, &root, sizeof(root)) != sizeof(root)) {
		supervisor->has_ended = true;
		(void)epoll_ctl(supervisor->epoll, EPOLL_CTL_DEL, supervisor->socket, NULL);
		return;
	}
	privileges_raise();
	process_tree_set_root(&supervisor->tree, root);
	privileges_lower();
	(void)!write(supervisor->socket, &known, 1);
}

static int watch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void wait_for_news(struct supervisor *supervisor, int signals)
{
	struct signalfd_siginfo info;
	struct epoll_event event;

	(void)epoll_wait(supervisor->epoll, &event, 1, process_tree_timeout(&supervisor->tree));
	while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		;
	process_tree_consume(&supervisor->tree);
	reap(supervisor);
	on_socket(supervisor);
}

void supervise(const struct config *config, int socket)
{
	static struct supervisor supervisor;
	int signals = watch_signals();
	char ready;

	(void)prctl(PR_SET_NAME, "jmortem-run");
	set_high_priority();
	supervisor.config = config;
	supervisor.socket = socket;
	/* the first helper gets ready now, the others while the command runs */
	make_standby(&supervisor, &supervisor.standbys[0], QUICKLY);
	process_tree_open(&supervisor.tree, config->java, on_process, &supervisor);
	await_first_standby(&supervisor);
	make_standbys(&supervisor);
	supervisor.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (signals < 0 || !add(supervisor.epoll, signals) || !add(supervisor.epoll, socket) ||
	    supervisor.epoll < 0)
		_exit(1);
	/* without notifications, check every second */
	(void)add(supervisor.epoll, process_tree_fd(&supervisor.tree));
	if (!supervisor.tree.skel)
		log_line("no kernel evidence of JVMs below this command: BPF: %s",
			 strerror(supervisor.tree.err));
	ready = supervisor.tree.skel ? SUPERVISOR_SEES_ALL : SUPERVISOR_LOOKS;
	(void)!write(socket, &ready, 1);
	while (!supervisor.has_ended || has_reports_to_come(&supervisor))
		wait_for_news(&supervisor, signals);
	(void)shutdown(socket, SHUT_RDWR); /* the next steps take a while */
	_exit(0); /* standby helpers end with us, the others continue */
}
