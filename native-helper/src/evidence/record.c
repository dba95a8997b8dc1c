// SPDX-License-Identifier: Apache-2.0
#include "evidence/record.h"

#include <string.h>

#include "base/log_line.h"
#include "base/marker.h"
#include "evidence/events.h"

struct stack_registers record_stack_registers(const struct user_registers *regs)
{
	return (struct stack_registers) {
		.rip = regs->rip, .rsp = regs->rsp, .rbp = regs->rbp, .r13 = regs->r13
	};
}

static void record_thread(struct json *json, const struct event_header *header)
{
	const struct thread_ids *ids = &header->thread;

	json_begin_object(json, "thread");
	json_int(json, "tid", ids->helper_tid);
	json_int(json, "tgid", ids->helper_tgid);
	json_int(json, "vtid", ids->vtid);
	json_int(json, "vtgid", ids->vtgid);
	json_int(json, "kernel_tid", ids->tid);
	json_int(json, "kernel_tgid", ids->tgid);
	json_bytes(json, "comm", header->comm, strnlen(header->comm, COMM_LEN));
	json_end_object(json);
}

static void record_fault(struct json *json, const struct evidence *evidence,
			 const struct fault *fault)
{
	json_begin_object(json, "fault");
	json_int(json, "si_signo", fault->sig);
	json_int(json, "si_code", fault->code);
	json_hex(json, "si_addr", fault->addr);
	json_int(json, "trap_nr", (int64_t)fault->trap_nr);
	json_int(json, "error_code", (int64_t)fault->error_code);
	json_hex(json, "handler", fault->handler);
	if (fault->raised_again)
		json_bool(json, "raised_again", true);
	json_nanos(json, "timeUnixNano", fault->time_ns + (uint64_t)evidence->clock_offset_ns);
	json_registers(json, &fault->regs);
	json_end_object(json);
}

static void fixed_string(struct json *json, const char *key, const char *data, size_t size)
{
	size_t len = strnlen(data, size);

	if (len)
		json_bytes(json, key, data, len);
}

/* Whether the first argument of a printf format is a plain %s. */
static bool first_is_text(const char *format)
{
	const char *percent = memchr(format, '%', strnlen(format, TEXT_LEN - 1));

	return percent && percent[1] == 's';
}

static void record_fatal_error(struct evidence *evidence, const struct fatal_error_event *event)
{
	struct json *json = evidence_begin(evidence, "fatal_error", event->header.time_ns);

	record_thread(json, &event->header);
	json_string(json, "marker", marker_name(event->header.marker));
	json_bool(json, "first", event->first);
	json_string(json, "freeze", freeze_name(event->freeze));
	json_int(json, "error_id", (uint32_t)event->error_id);
	fixed_string(json, "message", event->message, TEXT_LEN);
	fixed_string(json, "detail", event->detail, TEXT_LEN);
	/* an argument of another type may point to anything */
	if (first_is_text(event->detail))
		fixed_string(json, "argument", event->argument, TEXT_LEN);
	fixed_string(json, "file", event->file, TEXT_LEN);
	if (event->line)
		json_int(json, "line", event->line);
	if (event->has_fault)
		record_fault(json, evidence, &event->fault);
	evidence_end(evidence);
}

static void record_abort(struct evidence *evidence, const struct abort_event *event)
{
	struct json *json = evidence_begin(evidence, "abort", event->header.time_ns);

	record_thread(json, &event->header);
	json_bool(json, "first", event->first);
	json_string(json, "freeze", freeze_name(event->freeze));
	json_hex(json, "caller", event->caller);
	fixed_string(json, "message", event->message, TEXT_LEN);
	json_registers(json, &event->regs);
	evidence_end(evidence);
}

static void record_fatal_signal(struct evidence *evidence, const struct fatal_signal_event *event)
{
	struct json *json = evidence_begin(evidence, "fatal_signal", event->header.time_ns);

	record_thread(json, &event->header);
	json_int(json, "si_signo", event->sig);
	if (event->has_info) {
		json_int(json, "si_code", event->code);
		json_hex(json, "si_addr", event->addr);
		json_int(json, "si_pid", event->sender_pid);
		json_int(json, "si_uid", event->sender_uid);
	}
	if (event->syscall)
		json_int(json, "si_syscall", event->syscall);
	json_registers(json, &event->regs);
	if (event->has_fault)
		record_fault(json, evidence, &event->fault);
	evidence_end(evidence);
}

/* The path as in /proc/PID/cgroup, without the part above the recorded names. */
static void record_cgroup(struct json *json, const struct signal_sent_event *event)
{
	__u32 depth =
		event->cgroup_depth < MAX_CGROUP_DEPTH ? event->cgroup_depth : MAX_CGROUP_DEPTH;
	struct text path = {};

	for (__u32 i = depth; i > 0; i--) {
		const char *name = event->cgroup[i - 1];

		text_append(&path, "/", 1);
		text_append(&path, name, strnlen(name, CGROUP_NAME_LEN));
	}
	if (path.len && !path.failed)
		json_bytes(json, "cgroup", path.data, path.len);
	text_free(&path);
}

/*
 * Whether the report must not show the sender's command line: it is another user's, or one from
 * outside the container, where everybody's containers may have the same user.
 */
static bool is_withheld(const struct evidence *evidence, const struct signal_sent_event *event)
{
	return evidence->config->is_for_tenant && !event->by_kernel &&
	       (!evidence->user.is_known || event->uid != evidence->user.uid || !event->pid_ns ||
		event->pid_ns != evidence->jvm->pid_ns);
}

/* For root, who reads the daemon's log. */
static void tell_root(const struct evidence *evidence, const struct signal_sent_event *event,
		      size_t cmdline_len)
{
	char command[CMDLINE_LEN + 1];

	for (size_t i = 0; i < cmdline_len; i++)
		command[i] = event->cmdline[i] ? event->cmdline[i] : ' ';
	command[cmdline_len] = '\0';
	log_line("signal %d of process %d was sent by process %u of user %u: %.*s: %s", event->sig,
		 evidence->jvm->pid, event->header.thread.helper_tgid, event->uid, EXECUTABLE_LEN,
		 event->executable, command);
}

static void record_signal_sent(struct evidence *evidence, const struct signal_sent_event *event)
{
	struct json *json = evidence_begin(evidence, "signal_sent", event->header.time_ns);
	size_t cmdline_len = event->cmdline_len;

	if (cmdline_len > CMDLINE_LEN)
		cmdline_len = CMDLINE_LEN;
	record_thread(json, &event->header);
	json_int(json, "si_signo", event->sig);
	json_int(json, "si_code", event->code);
	json_int(json, "target_vtid", event->target_vtid);
	json_bool(json, "by_kernel", event->by_kernel);
	json_int(json, "uid", event->uid);
	json_int(json, "euid", event->euid);
	json_int(json, "pid_ns", event->pid_ns);
	json_nanos(json, "cgroup_id", event->cgroup_id);
	record_cgroup(json, event);
	if (event->syscall >= 0)
		json_int(json, "syscall", event->syscall);
	if (event->exiting)
		json_bool(json, "exiting", true);
	if (is_withheld(evidence, event)) {
		json_bool(json, "withheld", true);
		tell_root(evidence, event, cmdline_len);
	} else {
		fixed_string(json, "executable", event->executable, EXECUTABLE_LEN);
		if (cmdline_len)
			json_bytes(json, "command_line", event->cmdline, cmdline_len);
	}
	json_begin_array(json, "ancestry");
	for (__u32 i = 0; i < event->ancestors && i < MAX_ANCESTORS; i++) {
		const struct ancestor *ancestor = &event->ancestor[i];

		json_begin_object(json, NULL);
		json_int(json, "tgid", ancestor->helper_tgid);
		json_int(json, "kernel_tgid", ancestor->tgid);
		fixed_string(json, "comm", ancestor->comm, COMM_LEN);
		json_end_object(json);
	}
	json_end_array(json);
	evidence_end(evidence);
}

static void record_exit(struct evidence *evidence, const struct exit_event *event)
{
	struct json *json = evidence_begin(evidence, "exit", event->header.time_ns);

	record_thread(json, &event->header);
	json_int(json, "status", event->status);
	evidence_end(evidence);
}

static void record_exit_called(struct evidence *evidence, const struct exit_called_event *event)
{
	struct json *json = evidence_begin(evidence, "exit_called", event->header.time_ns);

	record_thread(json, &event->header);
	json_int(json, "status", event->status);
	json_bool(json, "immediate", event->immediate);
	json_hex(json, "caller", event->caller);
	json_registers(json, &event->regs);
	evidence_end(evidence);
}

static void record_thread_killed(struct evidence *evidence, const struct thread_killed_event *event)
{
	struct thread thread = {
		.tid = (pid_t)event->header.thread.helper_tid,
		.vtid = (int)event->header.thread.vtid,
		.has_regs = true,
		.regs = event->regs,
	};

	memcpy(thread.comm, event->header.comm, COMM_LEN);
	thread.comm[COMM_LEN - 1] = '\0';
	event_thread(evidence, MOMENT_EXIT, event->header.time_ns, &thread, false, NULL);
}

static void record_oom_victim(struct evidence *evidence, const struct oom_victim_event *event)
{
	struct json *json = evidence_begin(evidence, "oom_victim", event->header.time_ns);

	record_thread(json, &event->header);
	if (event->total_vm_pages)
		json_int(json, "total_vm_pages", (int64_t)event->total_vm_pages);
	json_int(json, "oom_score_adj", event->oom_score_adj);
	evidence_end(evidence);
}

static void record_exec(struct evidence *evidence, const struct exec_event *event)
{
	record_thread(evidence_begin(evidence, "exec", event->header.time_ns), &event->header);
	evidence_end(evidence);
}

static void record_debugger(struct evidence *evidence, const struct debugger_event *event)
{
	record_thread(evidence_begin(evidence, "debugger", event->header.time_ns), &event->header);
	evidence_end(evidence);
}

enum event_kind record_kind(const void *data, size_t size)
{
	static const size_t sizes[] = {
		[EVENT_SIGNAL_SENT] = sizeof(struct signal_sent_event),
		[EVENT_FATAL_ERROR] = sizeof(struct fatal_error_event),
		[EVENT_ABORT] = sizeof(struct abort_event),
		[EVENT_FATAL_SIGNAL] = sizeof(struct fatal_signal_event),
		[EVENT_EXIT] = sizeof(struct exit_event),
		[EVENT_EXIT_CALLED] = sizeof(struct exit_called_event),
		[EVENT_THREAD_KILLED] = sizeof(struct thread_killed_event),
		[EVENT_OOM_VICTIM] = sizeof(struct oom_victim_event),
		[EVENT_EXEC] = sizeof(struct exec_event),
		[EVENT_DEBUGGER] = sizeof(struct debugger_event),
	};
	__u32 kind =
		size < sizeof(struct event_header) ? 0 : ((const struct event_header *)data)->kind;

	/* A perf buffer pads records, so they may be longer than what was sent. */
	return kind < sizeof(sizes) / sizeof(*sizes) && kind && size >= sizes[kind]
		       ? (enum event_kind)kind
		       : 0;
}

enum event_kind record_event(struct evidence *evidence, const void *data, size_t size)
{
	enum event_kind kind = record_kind(data, size);

	switch (kind) {
	case EVENT_SIGNAL_SENT:
		record_signal_sent(evidence, data);
		break;
	case EVENT_FATAL_ERROR:
		record_fatal_error(evidence, data);
		break;
	case EVENT_ABORT:
		record_abort(evidence, data);
		break;
	case EVENT_FATAL_SIGNAL:
		record_fatal_signal(evidence, data);
		break;
	case EVENT_EXIT:
		record_exit(evidence, data);
		break;
	case EVENT_EXIT_CALLED:
		record_exit_called(evidence, data);
		break;
	case EVENT_THREAD_KILLED:
		record_thread_killed(evidence, data);
		break;
	case EVENT_OOM_VICTIM:
		record_oom_victim(evidence, data);
		break;
	case EVENT_EXEC:
		record_exec(evidence, data);
		break;
	case EVENT_DEBUGGER:
		record_debugger(evidence, data);
		break;
	default:
		evidence_problem(evidence, PART_RECORDS,
				 "a record of unknown kind (%zu bytes) was ignored", size);
	}
	return kind;
}
