// SPDX-License-Identifier: Apache-2.0
/*
 * Writes one line of evidence of every kind, each field with a value of its own, to
 * the file that is its argument. The Java side compares it with the schema and with its
 * own records, both ways: so the three can't drift apart.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evidence/events.h"
#include "evidence/record.h"
#include "probes/probes.h"

static void number(struct user_registers *regs, __u64 first)
{
	__u64 *values = (__u64 *)regs;

	for (size_t i = 0; i < sizeof(*regs) / sizeof(*values); i++)
		values[i] = first + i;
}

static struct event_header header(__u32 kind)
{
	struct event_header header = {
		.kind = kind,
		.marker = MARKER_UPROBE,
		.time_ns = 1000,
		.thread = { .tgid = 100,
			    .tid = 101,
			    .helper_tgid = 200,
			    .helper_tid = 201,
			    .vtgid = 300,
			    .vtid = 301 },
		.comm = "crash \"er\"",
	};

	return header;
}

static struct fault fault(void)
{
	struct fault fault = {
		.time_ns = 999,
		.addr = 0x18,
		.handler = 0x7f0000001000,
		.trap_nr = 14,
		.error_code = 6,
		.sig = 11,
		.code = 1,
		.tgid = 100,
		.raised_again = 1,
	};

	number(&fault.regs, 0x1000);
	return fault;
}

static void record_samples(struct evidence *evidence)
{
	static struct signal_sent_event sent;
	struct fatal_error_event error = {
		.header = header(EVENT_FATAL_ERROR),
		.freeze = FREEZE_STOPPED,
		.first = 1,
		.error_id = (__s32)0xe0000000,
		.line = 308,
		.has_fault = 1,
		.fault = fault(),
		.message = "Java heap space",
		.detail = "OutOfMemory encountered: %s",
		.argument = "Metaspace",
		.file = "debug.cpp",
	};
	struct abort_event abort = { .header = header(EVENT_ABORT),
				     .freeze = FREEZE_WANTED,
				     .first = 1,
				     .caller = 0x7f0000003000,
				     .message = "free(): invalid pointer\n" };
	struct fatal_signal_event signal = {
		.header = header(EVENT_FATAL_SIGNAL),
		.sig = 11,
		.code = 128,
		.addr = 0x20,
		.sender_pid = 7,
		.sender_uid = 8,
		.has_info = 1,
		.has_fault = 1,
		.syscall = 41,
		.fault = fault(),
	};
	struct exit_called_event exit_called = { .header = header(EVENT_EXIT_CALLED),
						 .status = 3,
						 .immediate = 1,
						 .caller = 0x7f0000002000 };
	struct thread_killed_event killed = { .header = header(EVENT_THREAD_KILLED),
					      .regs = { 0x10, 0x20, 0x30, 0x40 } };
	struct oom_victim_event victim = { .header = header(EVENT_OOM_VICTIM),
					   .total_vm_pages = 4096,
					   .oom_score_adj = -500 };
	struct exec_event exec = { .header = header(EVENT_EXEC) };
	struct debugger_event debugger = { .header = header(EVENT_DEBUGGER) };
	struct exit_event exit = { .header = header(EVENT_EXIT), .status = 0x86 };

	sent.header = header(EVENT_SIGNAL_SENT);
	sent.sig = 9;
	sent.code = -6;
	sent.target_vtid = 301;
	sent.uid = 1000;
	sent.euid = 1001;
	sent.pid_ns = 4026531836;
	sent.cgroup_id = 77;
	sent.syscall = 62;
	sent.exiting = 1;
	sent.cgroup_depth = 2;
	memcpy(sent.cgroup[0], "session-1.scope", 16);
	memcpy(sent.cgroup[1], "user.slice", 11);
	sent.ancestors = 1;
	sent.ancestor[0].tgid = 5;
	sent.ancestor[0].helper_tgid = 6;
	memcpy(sent.ancestor[0].comm, "bash", 5);
	memcpy(sent.executable, "kill", 5);
	memcpy(sent.cmdline,
	       "kill\0-9\0"
	       "300",
	       12);
	sent.cmdline_len = 12;
	number(&abort.regs, 0x2000);
	number(&signal.regs, 0x3000);
	number(&exit_called.regs, 0x4000);
	(void)record_event(evidence, &sent, sizeof(sent));
	(void)record_event(evidence, &error, sizeof(error));
	(void)record_event(evidence, &abort, sizeof(abort));
	(void)record_event(evidence, &signal, sizeof(signal));
	(void)record_event(evidence, &exit_called, sizeof(exit_called));
	(void)record_event(evidence, &killed, sizeof(killed));
	(void)record_event(evidence, &victim, sizeof(victim));
	(void)record_event(evidence, &exec, sizeof(exec));
	(void)record_event(evidence, &debugger, sizeof(debugger));
	(void)record_event(evidence, &exit, sizeof(exit));
}

static struct text text_of(const char *string)
{
	struct text text = {};

	text_append_string(&text, string);
	return text;
}

static void write_armed(struct evidence *evidence)
{
#define STATE(number, name, how) { name, how },
	const struct probe_state probes[] = { EACH_PROBE(STATE) };
#undef STATE
	const struct armed armed = {
		.level = "full",
		.memory = "Permission denied",
		.hold = "hold=off",
		.has_bpf = true,
		.marker = MARKER_UPROBE,
		.buffer = "ring buffer",
		.registers = "bpf_task_pt_regs",
		.missing = "calls of abort() are not recorded: No such file or directory",
		.probes = probes,
		.probe_count = sizeof(probes) / sizeof(*probes),
	};

	event_armed(evidence, &armed);
}

static void write_texts(struct evidence *evidence)
{
	struct text text = text_of("java\xff");

	text.failed = true; /* cut off */
	event_text(evidence, TEXT_PROC_FILE, "cmdline", &text, 0);
	event_text(evidence, TEXT_CGROUP_FILE, "memory.max", &text, 2);
	event_text(evidence, TEXT_SNAPSHOT, "snapshot", &text, 0);
	text_free(&text);
}

/* What the helper itself tells; EVENT's numbers above are BPF's. */
static void write_samples(struct evidence *evidence)
{
	struct thread thread = { .tid = 201, .vtid = 301, .comm = "main" };
	const struct benign_count benign = { .signo = 11, .code = 1, .count = 5 };
	struct text dump = text_of("{\"feature\":17,\"threads\":[{\"name\":\"main\"}]}");
	const struct pod pod = { .uid = "0a1b2c3d-0000-4000-8000-0123456789ab",
				 .container_id = "0123456789abcdef",
				 .namespace = "shop",
				 .name = "web-7d4b9c-x2x4z",
				 .container = "app" };
	struct user_registers regs;

	number(&regs, 0x5000);
	write_armed(evidence);
	event_told(evidence, evidence->config);
	event_ended_early(evidence);
	event_helper_lost(evidence, 9, true);
	write_texts(evidence);
	event_frozen(evidence, MOMENT_FAULT, FREEZE_WANTED, 20, 1000);
	event_thread(evidence, MOMENT_FAULT, 1000, &thread, true, &regs);
	event_stacks(evidence, MOMENT_REQUEST, 1000, &dump);
	event_released(evidence, MOMENT_EXIT, 1000);
	event_exiting(evidence, 9);
	event_exit(evidence, 9);
	event_pod(evidence, &pod);
	event_kernel_log(evidence, 1000, "oom-kill:constraint=CONSTRAINT_MEMCG");
	event_counters(evidence, &benign, 1, 7);
	evidence_problem_at(evidence, PART_STACKS, MOMENT_EXIT, "not read: %s", "No such process");
	event_complete(evidence, true);
	text_free(&dump);
}

int main(int argc, char **argv)
{
	static struct evidence evidence;
	struct config config = {
		.dir = "/d",
		.fallback_dir = "/f",
		.java = "/java",
		.jar = "/jar",
		.freeze_option = "auto",
		.vm_options = "-XX:ErrorFile=/e",
		.report_options = "keep=3\n",
		.deadline_ms = 3000,
		.hold = true,
		.on_exit = ON_EXIT_NONZERO,
	};
	struct jvm jvm = { .pid = 200 };
	FILE *file;

	if (argc != 2)
		return 2;
	evidence_init(&evidence, &config, &jvm);
	evidence.clock_offset_ns = 1000000;
	record_samples(&evidence);
	config.is_for_tenant = true; /* another user's signal; the line for root is not printed */
	close(STDERR_FILENO);
	record_samples(&evidence);
	write_samples(&evidence);
	file = fopen(argv[1], "w");
	if (!file || fwrite(evidence.lines.data, 1, evidence.lines.len, file) != evidence.lines.len)
		return 1;
	evidence_close(&evidence);
	return fclose(file) != 0;
}
