// SPDX-License-Identifier: Apache-2.0
#include "watch/watch_parts.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log_line.h"
#include "evidence/capture.h"
#include "evidence/record.h"
#include "process/freeze.h"

/*
 * More than any death needs. Further records are kept as before the death: a process may survive
 * its abort(), and a recurring fault must not fill the disk.
 */
#define MAX_RECORDS_AFTER_DEATH 256

void watch_save_evidence(struct watch *watch)
{
	if (watch->evidence->opened)
		return;
	(void)evidence_open(watch->evidence);
	session_hear_rest(&watch->session);
	told_write(watch->told, watch->evidence);
	capture_snapshot(watch->evidence);
}

void watch_note_death(const struct watch *watch)
{
	if (watch->handover)
		watch->handover->has_died = true;
}

void watch_on_death(struct watch *watch, enum freeze how, uint64_t time_ns)
{
	if (watch->hold.is_exiting)
		return; /* too late for a freeze: the exit is inspected instead */
	recent_write(watch->recent, watch->evidence);
	watch->died = true;
	watch_note_death(watch);
	watch->inspection.holds_for_report = watch_must_report_first(watch);
	if (how != FREEZE_OFF)
		inspection_fault(&watch->inspection, how, time_ns);
	if (watch->inspection.walker.fd >= 0)
		(void)watch_add(watch, watch->inspection.walker.fd);
	if (!jvm_has_ended(watch->jvm) && headroom_left(&watch->headroom) < HEADROOM_FOR_A_LOOK)
		return; /* it continues, and needs the remaining memory */
	if (!watch->inspection.has_state)
		capture_state(watch->evidence, CAPTURE_MAX_MAPS);
	if (!watch->hold.tid)
		watch_save_evidence(watch);
}

/*
 * The first thread with a fatal error caused the death. A call of exit() is not a crash: a later
 * failure, in an exit handler, is more important.
 */
static void blame(struct watch *watch, const struct event_header *header,
		  const struct user_registers *regs)
{
	struct inspection *inspection = &watch->inspection;
	bool is_exit = header->kind == EVENT_EXIT_CALLED;

	kernel_log_add(&watch->kernel_log, (pid_t)header->thread.tid);
	kernel_log_add(&watch->kernel_log, (pid_t)header->thread.tgid);
	if (inspection->has_crash && (is_exit || !inspection->has_exited))
		return;
	inspection->has_crash = true;
	inspection->has_exited = is_exit;
	inspection->crash = (struct crash) {
		.tid = (pid_t)header->thread.helper_tid,
		.vtid = header->thread.vtid,
		.has_regs = regs,
	};
	if (!regs)
		return;
	inspection->crash.regs = record_stack_registers(regs);
	inspection->crash.rbx = regs->rbx;
	inspection->crash.r12 = regs->r12;
	inspection->crash.r14 = regs->r14;
	inspection->crash.r15 = regs->r15;
}

static void on_fatal_error(struct watch *watch, const struct fatal_error_event *event)
{
	if (!event->first)
		return;
	blame(watch, &event->header, event->has_fault ? &event->fault.regs : NULL);
	watch_on_death(watch, event->freeze, event->header.time_ns);
}

static void on_abort(struct watch *watch, const struct abort_event *event)
{
	if (!event->first)
		return;
	blame(watch, &event->header, &event->regs);
	watch_on_death(watch, event->freeze, event->header.time_ns);
}

/* If the process is held in its exit, everything is read there. */
static void on_fatal_signal(struct watch *watch, const struct fatal_signal_event *event)
{
	if (event->has_info && event->sig != SIGKILL)
		blame(watch, &event->header, event->has_fault ? &event->fault.regs : &event->regs);
	if (!watch->died && !watch->hold.tid)
		watch_on_death(watch, FREEZE_OFF, 0);
}

/* System.exit() ends in the VM thread, which acts for another thread. */
static void on_exit_called(struct watch *watch, const struct exit_called_event *event)
{
	static const char vm_thread[] = "VM Thread";

	if (strncmp(event->header.comm, vm_thread, sizeof(vm_thread)) != 0)
		blame(watch, &event->header, &event->regs);
}

static void on_thread_killed(struct watch *watch, const struct thread_killed_event *event)
{
	struct thread thread = {
		.tid = (pid_t)event->header.thread.helper_tid,
		.vtid = (int)event->header.thread.vtid,
		.has_regs = true,
		.regs = event->regs,
	};

	if (watch->hold.tid && thread.tid == watch->hold.tid)
		watch->killed_ns = event->header.time_ns;
	if (watch->inspection.has_stacks)
		return;
	memcpy(thread.comm, event->header.comm, COMM_LEN);
	thread.comm[COMM_LEN - 1] = '\0';
	if (threads_add(&watch->inspection.killed, &thread))
		(void)record_event(watch->evidence, event, sizeof(*event));
}

/* A debugger must trace every thread, so the hold is released. */
static void on_debugger(struct watch *watch, const struct debugger_event *event)
{
	if (!watch->hold.tid || watch->hold.is_exiting || watch->hold.is_to_end)
		return;
	hold_release(&watch->hold);
	(void)snprintf(watch->let_go, sizeof(watch->let_go),
		       "%.16s (pid %u) attached as a debugger", event->header.comm,
		       event->header.thread.helper_tgid);
	log_line("the hold on process %d is released, because %s", watch->jvm->pid, watch->let_go);
}

static bool can_look(const struct watch *watch)
{
	return watch->jvm->mem_fd >= 0 && watch->config->freeze != FREEZE_OFF && !watch->died &&
	       !watch->hold.is_exiting;
}

static void on_signal_sent(struct watch *watch, const struct signal_sent_event *event)
{
	watch->plain.sent = *event;
	if (event->sig == SIGTERM && can_look(watch)) {
		inspection_request(&watch->inspection);
		if (watch->inspection.request_walker.fd >= 0)
			(void)watch_add(watch, watch->inspection.request_walker.fd);
	}
}

static void note(struct watch *watch, enum event_kind kind, const void *data, size_t size)
{
	if (!watch->died || watch->after_death >= MAX_RECORDS_AFTER_DEATH) {
		recent_keep(watch->recent, kind, data, size);
		return;
	}
	watch->after_death++;
	(void)record_event(watch->evidence, data, size);
}

void watch_on_record(void *context, const void *data, size_t size)
{
	struct watch *watch = context;
	enum event_kind kind = record_kind(data, size);

	if (kind == EVENT_OOM_VICTIM) {
		/* first, because later every page would have to wait for memory */
		(void)headroom_leave(&watch->headroom);
		watch->inspection.is_oom_victim = true;
	}
	if (kind == EVENT_THREAD_KILLED) {
		on_thread_killed(watch, data);
		return;
	}
	note(watch, kind, data, size);
	switch (kind) {
	case EVENT_SIGNAL_SENT:
		on_signal_sent(watch, data);
		break;
	case EVENT_FATAL_ERROR:
		on_fatal_error(watch, data);
		break;
	case EVENT_ABORT:
		on_abort(watch, data);
		break;
	case EVENT_FATAL_SIGNAL:
		on_fatal_signal(watch, data);
		break;
	case EVENT_EXIT_CALLED:
		on_exit_called(watch, data);
		break;
	case EVENT_DEBUGGER:
		on_debugger(watch, data);
		break;
	case EVENT_EXEC:
		watch->is_other_program = true;
		break;
	case EVENT_EXIT:
		watch->has_status = true;
		watch->status = ((const struct exit_event *)data)->status;
		break;
	default:
		break;
	}
}
