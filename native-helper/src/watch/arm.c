// SPDX-License-Identifier: Apache-2.0
#include "watch/arm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/daemonize.h"
#include "base/log_line.h"
#include "base/marker.h"
#include "base/scheduling.h"
#include "evidence/capture.h"
#include "evidence/events.h"
#include "evidence/evidence.h"
#include "evidence/kernel_log.h"
#include "process/hold.h"
#include "process/jvm_threads.h"
#include "process/privileges.h"
#include "watch/armed_event.h"
#include "watch/control.h"
#include "watch/reply.h"
#include "watch/watch.h"
#include "watch/work_dir.h"

#define DISMISSAL_PATIENCE_MS 2000

static void complain(const struct config *config, const struct probes *probes, int hold_err,
		     const char *level)
{
	if (!probes_have_bpf(probes))
		log_line("capture level %s (no kernel evidence): %s%s%s", level, probes->why,
			 *probes->hint ? "; " : "", probes->hint);
	else if (probes->marker == MARKER_NONE && config->marker != MARKER_NONE)
		log_line("crashes are detected only at the end of the process: %s", probes->why);
	else if (config->marker >= 0 && (int)probes->marker != config->marker)
		log_line("%s; using marker=%s", probes->why, marker_name(probes->marker));
	if (config->hold && hold_err && probes_have_bpf(probes))
		log_line("no hold, so only crashes have stacks: %s", strerror(-hold_err));
}

/* full: kernel evidence and stacks; kernel, memory: one of them; agent: none */
static const char *capture_level(const struct config *config, const struct jvm *jvm,
				 const struct probes *probes, int hold_err)
{
	bool sees_crashes = probes_have_bpf(probes) && config->freeze != FREEZE_OFF &&
			    probes->marker != MARKER_NONE;
	bool has_stacks = jvm->mem_fd >= 0 && (sees_crashes || !hold_err);

	if (probes_have_bpf(probes))
		return has_stacks ? "full" : "kernel";
	return has_stacks ? "memory" : "agent";
}

/*
 * Yama may allow only ancestors to trace a process. Then the process itself must permit us, and we
 * ask the agent to do so.
 */
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

	if (config->relation == JVM_IS_PARENT &&
	    (err == -EPERM || jvm->mem_fd == -EACCES || jvm->mem_fd == -EPERM) &&
	    is_tracing_restricted() && reply_ask_permission()) {
		if (jvm->mem_fd < 0)
			jvm_open_memory(jvm);
		if (err == -EPERM)
			err = hold_begin(hold, jvm);
	}
	return err;
}

static bool is_helper(pid_t pid)
{
	static const char *const names[] = { HELPER_NAME "\n", WATCH_NAME "\n" };
	struct text comm = {};
	char path[32];
	bool is = false;

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	(void)text_read_file(&comm, AT_FDCWD, path, 64);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		is |= comm.len == strlen(names[i]) && memcmp(comm.data, names[i], comm.len) == 0;
	text_free(&comm);
	return is;
}

bool is_watched_already(const struct jvm *jvm, const struct config *config, pid_t *by)
{
	*by = jvm_tracer(jvm);
	return *by && *by != config->predecessor && is_helper(*by);
}

/*
 * Dismisses the helper that has watched the JVM so far, for the same agent: it ends without a
 * report, once this helper watches. A thread can have only one tracer.
 */
static void dismiss_predecessor(const struct config *config)
{
	struct pollfd pollfd = { .events = POLLIN };

	if (!config->predecessor || !is_helper(config->predecessor))
		return;
	pollfd.fd = (int)syscall(SYS_pidfd_open, config->predecessor, 0);
	if (pollfd.fd < 0)
		return;
	if (is_helper(config->predecessor) && /* so the descriptor is the helper's */
	    syscall(SYS_pidfd_send_signal, pollfd.fd, SIGNAL_DISMISS, NULL, 0) == 0)
		(void)poll(&pollfd, 1, DISMISSAL_PATIENCE_MS);
	close(pollfd.fd);
}

/* Why the JVM can't be watched, after everything was tried; or NULL. */
static const char *refuse(const struct config *config, const struct jvm *jvm,
			  const struct probes *probes, int hold_err)
{
	pid_t by;

	if (privileges_check(jvm, jvm->tid))
		return "the process has executed a program of another user meanwhile";
	/* two helpers began together: the one that has the hold wins */
	if (config->relation == JVM_IS_OTHER && hold_err == -EPERM &&
	    is_watched_already(jvm, config, &by))
		return "it is watched already, by another helper";
	if (config->relation == JVM_IS_OTHER && !probes_have_bpf(probes) && hold_err)
		return strerror(jvm->mem_fd < 0 ? -jvm->mem_fd : -hold_err);
	return NULL;
}

/* Does the part of arming that would delay the end of a short-lived JVM. */
static void complete(struct watch *watch)
{
	const struct config *config = watch->config;
	int hold_err = watch->hold.tid ? 0 : -ESRCH;

	/* if it dies meanwhile, it is held, and nobody inspects it */
	kill_timer_set(&watch->inspection.kill_timer, monotonic_ns(),
		       config->deadline_ms * NANOS_PER_MILLI);
	privileges_raise();
	if (config->is_late && !probes_have_bpf(watch->probes) && !watch->died &&
	    probes_open(watch->probes, config, watch->jvm, watch_on_record, watch) == 0) {
		evidence_rewind(watch->evidence, watch->armed_at);
		watch->inspection.request_at = 0;
		armed_event_write(watch->evidence, config, watch->probes, hold_err,
				  capture_level(config, watch->jvm, watch->probes, hold_err));
	}
	probes_watch_exit(watch->probes, watch->jvm);
	privileges_lower();
	privileges_keep_for_watching();
	kill_timer_stop(&watch->inspection.kill_timer);
}

int arm(struct config *config, struct jvm *jvm, struct probes *probes, struct handover *handover,
	int answered_fd)
{
	static struct watch watch;
	struct evidence *evidence = &handover->evidence;
	bool is_ready = probes_have_bpf(probes) || config->is_late;
	const char *level, *why;
	int hold_err = 0;

	lock_code_in_memory();
	evidence_init(evidence, config, jvm);
	evidence->lines = handover->memory;
	watch = (struct watch) {
		.config = config,
		.jvm = jvm,
		.evidence = evidence,
		.probes = probes,
		.handover = handover,
		.recent = &handover->recent,
		.told = &handover->told,
		.complete = complete,
		.inspection = { .config = config,
				.jvm = jvm,
				.evidence = evidence,
				.probes = probes,
				.handover = handover,
				.hold = &watch.hold,
				.headroom = &watch.headroom },
	};
	inspection_init(&watch.inspection);
	session_init(&watch.session, config, &handover->told);
	watch.inspection.kill_timer.ends_at_ns = &handover->ends_at_ns;
	headroom_open(&watch.headroom);
	kernel_log_open(&watch.kernel_log, jvm);
	privileges_raise();
	jvm_open_memory(jvm);
	/*
	 * Once there is a hold, a dying JVM waits for us, so slow steps come before it. If they
	 * were done already, the hold comes first, so that no death is missed.
	 */
	if (is_ready && !config->predecessor)
		hold_err = begin_hold(config, jvm, &watch.hold);
	/* now, because the JVM may end while the rest is prepared */
	capture_identity(evidence);
	if (!config->is_late)
		(void)probes_open(probes, config, jvm, watch_on_record, &watch);
	dismiss_predecessor(config);
	if (!is_ready || config->predecessor)
		hold_err = begin_hold(config, jvm, &watch.hold);
	privileges_lower();
	why = refuse(config, jvm, probes, hold_err);
	if (why) {
		if (config->is_one_of_many)
			log_line("process %d can't be watched: %s", jvm->pid, why);
		reply_failed(REFUSED_PROCESS, why);
		return 1;
	}
	if (!config->is_late)
		privileges_keep_for_watching();
	level = capture_level(config, jvm, probes, hold_err);
	watch.armed_at = evidence->lines.len;
	if (!config->is_one_of_many && !jvm_has_ended(jvm))
		complain(config, probes, hold_err, level);
	armed_event_write(evidence, config, probes, hold_err, level);
	if (jvm_has_ended(jvm))
		event_ended_early(evidence);
	set_high_priority();
	handover->is_armed = true;
	reply_armed(level);
	session_armed(&watch.session, level);
	control_tell(config->control_fd, CONTROL_ARMED, 0, level);
	if (!config->exit_on_stdin_close)
		reply_close();
	if (answered_fd >= 0)
		close(answered_fd);
	if (config->is_detached)
		silence_stderr();
	watch_run(&watch);
	evidence_close(evidence);
	if (config->control_fd) /* the watchdog may have been killed */
		work_dir_remove(config->work_dir);
	watchdog_dismiss(handover);
	close(STDERR_FILENO);
	reply_close();
	probes_close(probes);
	return 0;
}
