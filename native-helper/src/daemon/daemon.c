// SPDX-License-Identifier: Apache-2.0
#include "daemon/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_line.h"
#include "base/scheduling.h"
#include "daemon/candidates.h"
#include "daemon/finish.h"
#include "evidence/history.h"
#include "daemon/listener.h"
#include "daemon/match.h"
#include "daemon/missed.h"
#include "daemon/notify.h"
#include "daemon/watches.h"
#include "run/process_tree.h"

/* A look takes half a millisecond; a process that keeps it waiting is hostile, or hangs. */
#define LOOK_SOON_NS (5 * NANOS_PER_MILLI) /* when fewer looks are taken */
#define LOOK_AGAIN_NS NANOS_PER_SECOND /* when there is a place, or a process, again */
#define LOOK_PATIENCE_NS (10 * NANOS_PER_SECOND)

/* How long a connection waits until it is known whether its process is watched. */
#define PEER_PATIENCE_NS (5 * NANOS_PER_SECOND)
#define MAX_PEERS 64 /* that wait */
#define MAX_PEERS_A_USER 16
#define MAX_ACCEPTED 16 /* in one turn; then others have the CPU for a while */
#define PAUSE_NS (20 * NANOS_PER_MILLI)
#define CONNECT_INTERVAL_NS (50 * NANOS_PER_MILLI) /* of one JVM's agent */

/* The time for reports that are being made; systemd's default is 90 s. */
#define STOP_PATIENCE_NS (60 * NANOS_PER_SECOND)

#define CHECK_INTERVAL_MS 1000

/* A connection, and the time until which it waits. */
struct waiting_peer {
	struct peer peer; /* fd -1: none */
	uint64_t until_ns;
};

struct daemon {
	const struct config *config;
	struct programs programs;
	struct process_tree tree;
	struct watches watches;
	struct candidates candidates;
	struct listener listener;
	struct waiting_peer peers[MAX_PEERS];
	struct finish finish;
	uint64_t listens_at_ns; /* 0: it listens */
	int epoll, signals;
	bool is_ending;
	uint64_t ends_by_ns;
};

/* What an event of epoll is about: below MAX_WATCHES a slot. */
enum source { SOURCE_SIGNALS = MAX_WATCHES, SOURCE_TREE, SOURCE_LISTENER };

static bool add(const struct daemon *daemon, int fd, uint32_t source)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = source };

	return fd < 0 || epoll_ctl(daemon->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* ---- processes that may be JVMs -------------------------------------------------- */

static struct watched *look(struct daemon *daemon, const struct grown_process *process)
{
	struct watched *watched;
	uint64_t now = monotonic_ns();

	if (!watches_may_look(&daemon->watches, process->uid)) {
		candidates_postpone(&daemon->candidates, process, now + LOOK_SOON_NS);
		return NULL;
	}
	watched = watches_start(&daemon->watches, process);
	if (watched)
		(void)add(daemon, watched->control, (uint32_t)(watched - daemon->watches.slots));
	else
		candidates_postpone(&daemon->candidates, process, now + LOOK_AGAIN_NS);
	return watched;
}

static void on_process(void *context, const struct grown_process *process)
{
	struct daemon *daemon = context;

	if (!daemon->is_ending && !watches_find(&daemon->watches, process) &&
	    candidates_look_now(&daemon->candidates, process, monotonic_ns()))
		(void)look(daemon, process);
}

static void look_at_due(struct daemon *daemon)
{
	uint64_t now = monotonic_ns();
	struct grown_process process;

	while (!daemon->is_ending && candidates_take(&daemon->candidates, now, &process))
		if (!watches_find(&daemon->watches, &process))
			(void)look(daemon, &process);
}

/* ---- agents ------------------------------------------------------------------ */

static void wait_for_look(struct daemon *daemon, const struct peer *peer)
{
	struct waiting_peer *free_place = NULL;
	unsigned int of_user = 0;
	struct peer refused = *peer;

	for (size_t i = 0; i < MAX_PEERS; i++) {
		struct waiting_peer *each = &daemon->peers[i];

		if (each->peer.fd >= 0 && each->peer.pid == peer->pid)
			peer_close(&each->peer); /* the new connection takes its place */
		if (each->peer.fd < 0)
			free_place = each;
		else
			of_user += each->peer.uid == peer->uid;
	}
	if (!free_place || of_user >= MAX_PEERS_A_USER) {
		peer_refuse(&refused, "failed quota too many connections wait\n");
		return;
	}
	free_place->peer = *peer;
	free_place->until_ns = monotonic_ns() + PEER_PATIENCE_NS;
}

/* Passes a connection on to the process that watches this JVM. */
static void pass_on(struct watched *watched, struct peer *peer)
{
	const char kind = CONTROL_AGENT;
	uint64_t now = monotonic_ns();

	if (watched->connected_ns && now - watched->connected_ns < CONNECT_INTERVAL_NS) {
		peer_refuse(peer, "failed quota this JVM connects too often\n");
		return;
	}
	/* the number may be a later process's, while the report of the first one is made */
	if (peer->uid != watched->user) {
		peer_refuse(peer, "failed process the daemon does not watch this JVM\n");
		return;
	}
	/* it was that of the process that connected, when the slot was found */
	if (peer_lives(peer) && control_send(watched->control, &kind, sizeof(kind), peer->fd))
		watched->connected_ns = now;
	peer_close(peer);
}

static void on_peer(struct daemon *daemon, struct peer *peer)
{
	const struct grown_process process = { .pid = (uint32_t)peer->pid, .uid = peer->uid };
	struct watched *watched = watches_find(&daemon->watches, &process);

	if (daemon->is_ending) { /* the agent comes again, to the next daemon */
		peer_close(peer);
		return;
	}
	if (peer->pid <= 0) {
		peer_refuse(peer, "failed process the daemon can't see this process\n");
		return;
	}
	if (watched && watched->is_jvm) {
		pass_on(watched, peer);
		return;
	}
	if (!watched && candidates_look_now(&daemon->candidates, &process, monotonic_ns()))
		(void)look(daemon, &process);
	wait_for_look(daemon, peer);
}

static void accept_peers(struct daemon *daemon)
{
	struct peer peer;

	int accepted = 0;

	while (accepted < MAX_ACCEPTED && listener_accept(&daemon->listener, &peer)) {
		on_peer(daemon, &peer);
		accepted++;
	}
	if (accepted < MAX_ACCEPTED)
		return;
	/* a user who connects all the time must not take the CPU */
	(void)epoll_ctl(daemon->epoll, EPOLL_CTL_DEL, daemon->listener.fd, NULL);
	daemon->listens_at_ns = monotonic_ns() + PAUSE_NS;
}

static void listen_again(struct daemon *daemon)
{
	if (!daemon->listens_at_ns || monotonic_ns() < daemon->listens_at_ns)
		return;
	daemon->listens_at_ns = 0;
	(void)add(daemon, daemon->listener.fd, SOURCE_LISTENER);
}

/* The look at this process has ended: with watched NULL, it is not watched. */
static void answer_peers(struct daemon *daemon, uint32_t pid, struct watched *watched)
{
	for (size_t i = 0; i < MAX_PEERS; i++) {
		struct peer *peer = &daemon->peers[i].peer;

		if (peer->fd < 0 || (uint32_t)peer->pid != pid)
			continue;
		if (watched)
			pass_on(watched, peer);
		else
			peer_refuse(peer, "failed process the daemon does not watch this JVM\n");
	}
}

static void drop_late_peers(struct daemon *daemon, uint64_t now)
{
	for (size_t i = 0; i < MAX_PEERS; i++)
		if (daemon->peers[i].peer.fd >= 0 && daemon->peers[i].until_ns <= now)
			peer_refuse(&daemon->peers[i].peer,
				    "failed process the daemon does not watch this JVM\n");
}

/* ---- what the watches tell -------------------------------------------------------- */

static void dismiss(const struct watched *watched)
{
	const char kind = CONTROL_DISMISS;

	(void)control_send(watched->control, &kind, sizeof(kind), -1);
}

static void on_jvm(struct daemon *daemon, struct watched *watched,
		   const struct control_message *message)
{
	watched->user = message->uid;
	(void)snprintf(watched->cgroup, sizeof(watched->cgroup), "%s", message->cgroup);
	watched->is_jvm = true;
	if (watches_has_room(&daemon->watches, watched)) {
		answer_peers(daemon, watched->process.pid, watched);
		return;
	}
	log_line("user %u runs more than %u JVMs, which is the limit: process %u is not watched",
		 watched->user, MAX_WATCHES_A_USER, watched->process.pid);
	dismiss(watched);
	watched->is_refused = true;
}

static void on_message(struct daemon *daemon, struct watched *watched,
		       struct control_message *message, int fd)
{
	message->text[sizeof(message->text) - 1] = '\0';
	message->cgroup[sizeof(message->cgroup) - 1] = '\0';
	switch (message->kind) {
	case CONTROL_IS_JVM:
		on_jvm(daemon, watched, message);
		break;
	case CONTROL_LEARNED:
		if (fd >= 0 && daemon->watches.programs) {
			programs_learn(&daemon->programs, message->place, fd);
			return; /* it has the descriptor */
		}
		break;
	default:
		break; /* the child ends, which tells the rest */
	}
	if (fd >= 0)
		close(fd);
}

/* In a child, because the store's disk may hang. */
static void tell_missed(const struct daemon *daemon)
{
	if (fork() == 0) {
		missed_deaths(daemon->config);
		_exit(0);
	}
}

/* Watchdog and worker are gone, whatever ended them. */
static void on_watch_end(struct daemon *daemon, struct watched *watched)
{
	struct grown_process process = watched->process;
	bool was_jvm = watched->is_jvm, is_refused = watched->is_refused;
	bool lives = kill((pid_t)process.pid, 0) == 0 || errno != ESRCH;

	watches_free(&daemon->watches, watched);
	if (!was_jvm) {
		answer_peers(daemon, process.pid, NULL);
		return;
	}
	finish_later(&daemon->finish);
	if (!lives)
		tell_missed(daemon);
	else if (!daemon->is_ending && !is_refused)
		on_process(daemon, &process); /* as another program, or unwatched */
}

static void on_control(struct daemon *daemon, struct watched *watched)
{
	struct control_message message;
	ssize_t n;
	int fd;

	if (!watched->process.pid)
		return;
	n = control_receive(watched->control, &message, sizeof(message), &fd);
	if (n == sizeof(message)) {
		on_message(daemon, watched, &message, fd);
		return;
	}
	if (fd >= 0)
		close(fd);
	if (n == -EAGAIN)
		return;
	(void)epoll_ctl(daemon->epoll, EPOLL_CTL_DEL, watched->control, NULL);
	watched->is_closed = true;
	if (!watched->child)
		on_watch_end(daemon, watched);
}

/* ---- children ------------------------------------------------------------------ */

static void reap(struct daemon *daemon)
{
	struct watched *watched;
	pid_t child;

	while ((child = waitpid(-1, NULL, WNOHANG)) > 0) {
		watched = watches_find_child(&daemon->watches, child);
		if (!watched) {
			/* or a worker that outlived its watchdog */
			(void)finish_reaped(&daemon->finish, child);
			continue;
		}
		watched->child = 0;
		if (watched->is_closed)
			on_watch_end(daemon, watched);
	}
}

static void end_late_looks(struct daemon *daemon, uint64_t now)
{
	for (unsigned int i = 0; i < daemon->watches.end; i++) {
		struct watched *each = &daemon->watches.slots[i];

		if (each->child && !each->is_jvm && now - each->since_ns > LOOK_PATIENCE_NS)
			(void)kill(each->child, SIGKILL);
	}
}

/* ---- the end ------------------------------------------------------------------- */

static void end(struct daemon *daemon)
{
	daemon->is_ending = true;
	daemon->ends_by_ns = monotonic_ns() + STOP_PATIENCE_NS;
	notify_service_manager("STOPPING=1");
	for (unsigned int i = 0; i < daemon->watches.end; i++) {
		struct watched *each = &daemon->watches.slots[i];

		if (each->process.pid && each->is_jvm)
			dismiss(each);
		else if (each->child)
			(void)kill(each->child, SIGKILL);
	}
}

static void on_signals(struct daemon *daemon)
{
	struct signalfd_siginfo info;

	while (read(daemon->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo != SIGCHLD && !daemon->is_ending)
			end(daemon);
	reap(daemon);
}

/* ---- the main loop --------------------------------------------------------------- */

/* The shorter one; -1 is for ever. */
static int earlier(int one, int other)
{
	if (one < 0 || other < 0)
		return one < 0 ? other : one;
	return one < other ? one : other;
}

static int timeout_ms(const struct daemon *daemon)
{
	bool waits = daemon->is_ending;

	for (size_t i = 0; i < MAX_PEERS; i++)
		waits |= daemon->peers[i].peer.fd >= 0;
	for (unsigned int i = 0; i < daemon->watches.end; i++)
		waits |= daemon->watches.slots[i].process.pid && !daemon->watches.slots[i].is_jvm;
	if (daemon->listens_at_ns)
		return PAUSE_NS / NANOS_PER_MILLI;
	return earlier(earlier(process_tree_timeout(&daemon->tree), waits ? CHECK_INTERVAL_MS : -1),
		       earlier(candidates_timeout(&daemon->candidates, monotonic_ns()),
			       finish_timeout(&daemon->finish)));
}

static void on_event(struct daemon *daemon, uint32_t source)
{
	if (source < MAX_WATCHES)
		on_control(daemon, &daemon->watches.slots[source]);
	else if (source == SOURCE_LISTENER)
		accept_peers(daemon);
	/* signals and the tree are looked at in each turn */
}

static void loop(struct daemon *daemon)
{
	struct epoll_event events[32];

	while (!daemon->is_ending ||
	       (daemon->watches.count && monotonic_ns() < daemon->ends_by_ns)) {
		int count = epoll_wait(daemon->epoll, events, 32, timeout_ms(daemon));

		process_tree_consume(&daemon->tree);
		for (int i = 0; i < count; i++)
			on_event(daemon, events[i].data.u32);
		on_signals(daemon);
		look_at_due(daemon);
		if (!daemon->is_ending)
			finish_if_due(&daemon->finish, daemon->config);
		end_late_looks(daemon, monotonic_ns());
		drop_late_peers(daemon, monotonic_ns());
		listen_again(daemon);
	}
}

/* In a child. */
static void close_own(void *context)
{
	struct daemon *daemon = context;

	for (size_t i = 0; i < MAX_PEERS; i++)
		peer_close(&daemon->peers[i].peer);
	process_tree_close(&daemon->tree);
	close(daemon->listener.fd);
	close(daemon->listener.lock_fd);
	close(daemon->signals);
	close(daemon->epoll);
}

static int watch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* A watch takes two descriptors of ours. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int refuse(const char *what, const char *why)
{
	log_line("daemon: %s: %s", what, why);
	return 1;
}

static bool start(struct daemon *daemon)
{
	int err = programs_load(&daemon->programs, daemon->config, MAX_WATCHES);

	daemon->watches.programs = err ? NULL : &daemon->programs;
	if (!err)
		programs_attach_early(&daemon->programs, daemon->config->java);
	else
		log_line("daemon: no kernel evidence of JVMs: BPF: %s", strerror(-err));
	daemon->epoll = epoll_create1(EPOLL_CLOEXEC);
	daemon->signals = watch_signals();
	return daemon->epoll >= 0 && daemon->signals >= 0 &&
	       add(daemon, daemon->signals, SOURCE_SIGNALS) &&
	       add(daemon, daemon->listener.fd, SOURCE_LISTENER);
}

int daemon_run(const struct config *config)
{
	static struct daemon daemon;
	const char *why;
	int err;

	(void)prctl(PR_SET_NAME, "jmortem-daemon");
	if (geteuid() != 0)
		return refuse("can't watch other users' JVMs", "root is required");
	if (!config->socket)
		return refuse("configuration", "socket is required");
	if (!match_is_valid(config->match, &why))
		return refuse("wrong rule", why);
	for (size_t i = 0; i < MAX_PEERS; i++)
		daemon.peers[i].peer = (struct peer) { .fd = -1, .pidfd = -1 };
	daemon.config = config;
	daemon.watches.config = config;
	daemon.watches.close_own = close_own;
	daemon.watches.context = &daemon;
	raise_file_limit();
	err = listener_open(&daemon.listener, config->socket);
	if (err)
		return refuse(config->socket,
			      err == -EBUSY ? "another daemon uses it" : strerror(-err));
	set_high_priority_for_children(); /* or a busy host delays the watch of a young JVM */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1); /* of workers whose watchdog was killed */
	if (!start(&daemon))
		return refuse("can't start", strerror(errno));
	tell_missed(&daemon);
	finish_later(&daemon.finish); /* what an earlier daemon has left */
	process_tree_open_host(&daemon.tree, config->java, on_process, &daemon);
	(void)add(&daemon, process_tree_fd(&daemon.tree), SOURCE_TREE);
	log_line("daemon: watches the JVMs of this host; agents connect to %s", config->socket);
	notify_service_manager("READY=1");
	loop(&daemon);
	return 0;
}
