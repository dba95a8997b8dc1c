// SPDX-License-Identifier: Apache-2.0
#include "daemon/look.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log_line.h"
#include "base/text.h"
#include "daemon/entry.h"
#include "evidence/history.h"
#include "daemon/main_class.h"
#include "daemon/match.h"
#include "probes/probes.h"
#include "process/cgroup.h"
#include "process/jvm_open.h"
#include "process/jvm_threads.h"
#include "process/proc_stat.h"
#include "watch/arm.h"
#include "watch/control.h"
#include "watch/watchdog.h"

_Noreturn static void end_with(const struct look *look, enum control_kind kind, const char *why)
{
	struct control_message message = { .kind = kind };

	(void)snprintf(message.text, sizeof(message.text), "%s", why);
	(void)control_send(look->control, &message, sizeof(message), -1);
	_exit(0);
}

/* A process before its execve has the memory of its parent, and one thread. */
static bool is_jvm(struct jvm *jvm, pid_t pid)
{
	return !jvm_open(jvm, pid, 0, JVM_IS_OTHER) && jvm->libjvm.code.start &&
	       jvm_has_other_threads(jvm);
}

/* Whether it is a watch, of this daemon or of one that has ended. */
static bool is_watch(pid_t pid)
{
	struct jvm watch = { .tid = pid };
	struct jvm_user user = {};
	struct text comm = {};
	char path[32];
	bool is = false;

	(void)snprintf(path, sizeof(path), "/proc/%d", pid);
	watch.proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (watch.proc_fd < 0)
		return false;
	user = jvm_read_user(&watch);
	if (text_read_file(&comm, watch.proc_fd, "comm", 64) == 0)
		is = user.is_known && user.uid == geteuid() && comm.len == sizeof(WATCH_NAME) &&
		     memcmp(comm.data, WATCH_NAME, sizeof(WATCH_NAME) - 1) == 0;
	text_free(&comm);
	close(watch.proc_fd);
	return is;
}

/*
 * Walkers and reporters are JVMs, too; so is what `run` starts, which it watches itself. Whoever
 * only pretends to be one of ours has children that are not watched.
 */
static bool is_our_own(const struct jvm *jvm)
{
	char state;
	int parent;

	return proc_stat_read(jvm->proc_fd, "stat", &state, &parent) && is_helper(parent);
}

/* Another helper may watch it already: the JVM's own, or one of a daemon that was killed. */
static void look_for_others(const struct look *look, const struct jvm *jvm, struct config *config)
{
	char why[CONTROL_NAME_LEN];
	pid_t tracer = jvm_tracer(jvm), other;

	/* those of this daemon are known to it: it is an orphan of one that has ended */
	if (tracer && is_watch(tracer))
		config->predecessor = tracer;
	if (!config->predecessor && entry_is_taken(config, jvm))
		end_with(look, CONTROL_IS_LEFT_OUT, "its report is being made");
	if (!is_watched_already(jvm, config, &other))
		return;
	(void)snprintf(why, sizeof(why), "it is watched already, by process %d", other);
	end_with(look, CONTROL_IS_LEFT_OUT, why);
}

static void set_directory(struct config *config, uid_t user)
{
	static char path[PATH_MAX];
	int dir = store_open_user(config->dir, user);

	if (dir < 0)
		log_line("can't open the directory of user %u in %s: %s", user, config->dir,
			 strerror(-dir));
	else
		close(dir);
	if (snprintf(path, sizeof(path), "%s/%u", config->dir, user) < (int)sizeof(path))
		config->dir = path;
}

/* A probe that this process attached for all: the daemon keeps it for the JVMs to come. */
static bool on_learned(void *context, int place, int fd)
{
	const struct look *look = context;
	const struct control_message message = { .kind = CONTROL_LEARNED, .place = place };

	return control_send(look->control, &message, sizeof(message), fd);
}

_Noreturn void look_at(const struct look *look)
{
	static struct config config;
	static struct probes probes;
	struct control_message message = { .kind = CONTROL_IS_JVM };
	struct handover *handover;
	struct jvm_user user;
	struct jvm jvm;

	(void)prctl(PR_SET_NAME, WATCH_NAME);
	config = *look->config;
	config.pid = (pid_t)look->process.pid;
	config.relation = JVM_IS_OTHER;
	config.is_one_of_many = true;
	config.is_for_tenant = true;
	config.control_fd = look->control;
	if (!is_jvm(&jvm, config.pid))
		end_with(look, CONTROL_IS_NO_JVM, "");
	if (is_our_own(&jvm))
		end_with(look, CONTROL_IS_LEFT_OUT, "it is started by a helper");
	if (!match_takes(config.match, &jvm))
		end_with(look, CONTROL_IS_LEFT_OUT, "a rule of the daemon leaves it out");
	look_for_others(look, &jvm, &config);
	user = jvm_read_user(&jvm);
	if (!user.is_known)
		end_with(look, CONTROL_IS_NO_JVM, "");
	message.uid = user.uid;
	main_class(jvm.proc_fd, message.text, sizeof(message.text));
	cgroup_memory_path(jvm.proc_fd, "cgroup", message.cgroup, sizeof(message.cgroup));
	(void)control_send(look->control, &message, sizeof(message), -1);
	config.jvm_name = message.text;
	config.jvm_cgroup = message.cgroup;
	config.work_dir = entry_make(&config, &jvm, user.uid, message.text, message.cgroup);
	set_directory(&config, user.uid);
	if (look->programs)
		probes_share(&probes, look->programs, look->slot);
	else
		probes_prepare(&probes);
	probes.learn = on_learned;
	probes.learn_context = (void *)look;
	handover = watchdog_split(&config, &jvm, probes.state);
	_exit(handover ? arm(&config, &jvm, &probes, handover, -1) : 1);
}
