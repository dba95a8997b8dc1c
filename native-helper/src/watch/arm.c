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
#include "java/finisher.h"
#include "process/hold.h"
#include "process/jvm_threads.h"
#include "process/privileges.h"
#include "watch/armed_event.h"
#include "watch/reply.h"
#include "watch/watch_parts.h"
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

bool is_helper(pid_t pid)
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
	/* two began together, or the one before is busy with the JVM: the one with the hold wins */
	by = jvm_tracer(jvm);
	if (config->relation == JVM_IS_OTHER && hold_err == -EPERM && by && is_helper(by))
		return "it is watched already, by another helper";
	if (config->relation == JVM_IS_OTHER && !probes_have_bpf(probes) && hold_err)
		return strerror(jvm->mem_fd < 0 ? -jvm->mem_fd : -hold_err);
	return NULL;
}

/* In place of BPF while it is being loaded: nothing is seen yet. */
static struct probes *no_probes_yet(void)
{
	static struct probes probes = {
		.why = "the programs were still being loaded",
		.libjvm = { .fd = -1 },
		.libc = { .fd = -1 },
	};

	return &probes;
}

static void use_probes(struct watch *watch, struct probes *probes)
{
	watch->probes = probes;
	watch->inspection.probes = probes;
}

static int load_beside(struct watch *watch)
{
	watch->loading = (struct loading) {
		.probes = watch->probes,
		.config = watch->config,
		.jvm = watch->jvm,
		.handler = watch_on_record,
		.context = watch,
	};
	return loading_start(&watch->loading);
}

static const char *level_of(const struct watch *watch)
{
	return capture_level(watch->config, watch->jvm, watch->probes, watch->hold_err);
}

static void tell_armed(struct watch *watch)
{
	const struct config *config = watch->config;

	if (!config->is_one_of_many && !watch->hold.is_exiting && !jvm_has_ended(watch->jvm))
		complain(config, watch->probes, watch->hold_err, level_of(watch));
	watch->is_armed = true;
	watch->handover->is_armed = true;
	reply_armed(level_of(watch));
	session_armed(&watch->session, level_of(watch));
	if (!config->exit_on_stdin_close)
		reply_close();
	if (watch->answered_fd >= 0)
		close(watch->answered_fd);
	if (config->is_detached)
		silence_stderr();
}

/* The event "armed" is written again, with what there is now. */
static void take_over_probes(struct watch *watch)
{
	use_probes(watch, watch->loading.probes);
	(void)watch_add(watch, probes_fd(watch->probes));
	evidence_rewind(watch->evidence, watch->armed_at);
	watch->inspection.request_at = 0;
	armed_event_write(watch->evidence, watch->config, watch->probes, watch->hold_err,
			  level_of(watch));
	privileges_keep_for_watching();
}

static void end_arming(struct watch *watch)
{
	bool is_loading = watch->probes != watch->loading.probes && watch->loading.probes;

	if (watch->is_too_late || (watch->is_armed && !is_loading))
		return;
	if (watch->hold.is_exiting || jvm_has_ended(watch->jvm)) {
		watch->is_too_late = true;
		loading_give_way(&watch->loading);
		event_ended_early(watch->evidence);
	} else if (is_loading) {
		take_over_probes(watch);
	}
	if (!watch->is_armed)
		tell_armed(watch);
}

/* Does what would take the CPU from a JVM that lives only for a short time. */
static void complete(struct watch *watch)
{
	/* the daemon does this once for all; many helpers would all do the same */
	if (!watch->config->control_fd && !watch->config->is_one_of_many)
		(void)finisher_start(watch->config);
	if (watch->config->is_late) {
		if (load_beside(watch))
			return;
		use_probes(watch, no_probes_yet());
		(void)watch_add(watch, watch->loading.end_fd);
		return;
	}
	/* if it dies meanwhile, it is held, and nobody inspects it */
	kill_timer_set(&watch->inspection.kill_timer, monotonic_ns(),
		       watch->config->deadline_ms * NANOS_PER_MILLI);
	privileges_raise();
	probes_watch_exit(watch->probes, watch->jvm);
	privileges_lower();
	privileges_keep_for_watching();
	kill_timer_stop(&watch->inspection.kill_timer);
}

/*
 * The hold comes first, so that no death is missed. A JVM that dies then waits for us, so BPF is
 * loaded beside. A helper that takes over from another one gets ready before, because a thread can
 * have only one tracer.
 */
static void take_hold(struct watch *watch, struct jvm *jvm)
{
	const struct config *config = watch->config;
	struct probes *probes = watch->probes;

	privileges_raise();
	jvm_open_memory(jvm);
	if (!config->predecessor)
		watch->hold_err = begin_hold(config, jvm, &watch->hold);
	/* now, because the JVM may end while the rest is prepared */
	capture_identity(watch->evidence);
	if (config->is_late)
		; /* later */
	else if (watch->hold.tid && !probes_have_bpf(probes) && load_beside(watch) == 0)
		use_probes(watch, no_probes_yet());
	else
		(void)probes_open(probes, config, jvm, watch_on_record, watch);
	if (config->predecessor) {
		dismiss_predecessor(config);
		watch->hold_err = begin_hold(config, jvm, &watch->hold);
	}
	privileges_lower();
}

int arm(struct config *config, struct jvm *jvm, struct probes *probes, struct handover *handover,
	int answered_fd)
{
	static struct watch watch;
	struct evidence *evidence = &handover->evidence;
	const char *why;

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
		.end_arming = end_arming,
		.answered_fd = answered_fd,
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
	take_hold(&watch, jvm);
	why = refuse(config, jvm, watch.probes, watch.hold_err);
	if (why) {
		if (config->is_one_of_many)
			log_line("process %d can't be watched: %s", jvm->pid, why);
		reply_failed(REFUSED_PROCESS, why);
		_exit(1); /* BPF may still be loading */
	}
	set_high_priority();
	watch.armed_at = evidence->lines.len;
	armed_event_write(evidence, config, watch.probes, watch.hold_err, level_of(&watch));
	handover->has_begun = true;
	if (!watch.loading.is_running) {
		if (!config->is_late)
			privileges_keep_for_watching();
		end_arming(&watch);
	}
	watch_run(&watch);
	evidence_close(evidence);
	/* the watchdog may have been killed; what lives on unwatched keeps its entry */
	if (config->control_fd && (watch.is_other_program || jvm_has_ended(jvm)))
		work_dir_remove(config->work_dir);
	watchdog_dismiss(handover);
	close(STDERR_FILENO);
	reply_close();
	if (watch.loading.is_running)
		_exit(0); /* the thread uses the rest */
	probes_close(probes);
	return 0;
}
