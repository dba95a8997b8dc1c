// SPDX-License-Identifier: Apache-2.0
#include "evidence/events.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/marker.h"

const char *freeze_name(enum freeze freeze)
{
	static const char *const names[] = { "off", "sigstop", "ptrace" };

	return (size_t)freeze < sizeof(names) / sizeof(*names) ? names[freeze] : "unknown";
}

static void json_text(struct json *json, const char *key, const char *text)
{
	if (text)
		json_string(json, key, text);
}

void json_registers(struct json *json, const struct user_registers *regs)
{
	json_begin_object(json, "registers");
	json_hex(json, "rip", regs->rip);
	json_hex(json, "rsp", regs->rsp);
	json_hex(json, "rbp", regs->rbp);
	json_hex(json, "rax", regs->rax);
	json_hex(json, "rbx", regs->rbx);
	json_hex(json, "rcx", regs->rcx);
	json_hex(json, "rdx", regs->rdx);
	json_hex(json, "rsi", regs->rsi);
	json_hex(json, "rdi", regs->rdi);
	json_hex(json, "r8", regs->r8);
	json_hex(json, "r9", regs->r9);
	json_hex(json, "r10", regs->r10);
	json_hex(json, "r11", regs->r11);
	json_hex(json, "r12", regs->r12);
	json_hex(json, "r13", regs->r13);
	json_hex(json, "r14", regs->r14);
	json_hex(json, "r15", regs->r15);
	json_hex(json, "eflags", regs->eflags);
	json_end_object(json);
}

static void json_stack_registers(struct json *json, const struct stack_registers *regs)
{
	json_begin_object(json, "registers");
	json_hex(json, "rip", regs->rip);
	json_hex(json, "rsp", regs->rsp);
	json_hex(json, "rbp", regs->rbp);
	json_hex(json, "r13", regs->r13);
	json_end_object(json);
}

/* ---- arming and its failures ----------------------------------------------------- */

static void json_options(struct json *json, const struct config *config)
{
	json_begin_object(json, "options");
	json_string(json, "dir", config->dir);
	json_string(json, "fallback-dir", config->fallback_dir);
	json_string(json, "freeze", config->freeze_option);
	json_bool(json, "hold", config->hold);
	json_int(json, "deadline-ms", config->deadline_ms);
	json_string(json, "on-exit", on_exit_name(config->on_exit));
	json_text(json, "vm-options", config->vm_options);
	json_text(json, "report-options", config->report_options);
	json_string(json, "java", config->java);
	json_string(json, "jar", config->jar);
	json_end_object(json);
}

static void json_probes(struct json *json, const struct armed *armed)
{
	json_begin_object(json, "probes");
	json_bool(json, "bpf", armed->has_bpf);
	if (armed->has_bpf) {
		json_string(json, "marker", marker_name(armed->marker));
		json_string(json, "buffer", armed->buffer);
		json_string(json, "registers", armed->registers);
		for (size_t i = 0; i < armed->probe_count; i++)
			json_string(json, armed->probes[i].name,
				    armed->probes[i].how ? armed->probes[i].how : "none");
	}
	json_text(json, "missing", armed->missing);
	json_end_object(json);
}

void event_armed(struct evidence *evidence, const struct armed *armed)
{
	struct json *json = evidence_begin(evidence, "armed", monotonic_ns());

	json_string(json, "schema", EVIDENCE_SCHEMA);
	json_string(json, "helper", VERSION);
	json_string(json, "level", armed->level);
	json_int(json, "pid", evidence->jvm->pid);
	json_int(json, "uid", geteuid());
	json_nanos(json, "boot_unix_nano", clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME));
	json_options(json, evidence->config);
	json_probes(json, armed);
	json_text(json, "memory", armed->memory);
	json_text(json, "hold", armed->hold);
	evidence_end(evidence);
}

void event_told(struct evidence *evidence, const struct config *said)
{
	struct json *json = evidence_begin(evidence, "told", monotonic_ns());

	json_int(json, "deadline-ms", said->deadline_ms);
	json_string(json, "on-exit", on_exit_name(said->on_exit));
	json_text(json, "vm-options", said->vm_options);
	json_text(json, "report-options", said->report_options);
	evidence_end(evidence);
}

void event_ended_early(struct evidence *evidence)
{
	(void)evidence_begin(evidence, "ended_early", monotonic_ns());
	evidence_end(evidence);
}

void event_helper_lost(struct evidence *evidence, int sig, bool too_late)
{
	struct json *json = evidence_begin(evidence, "helper_lost", monotonic_ns());

	json_int(json, "si_signo", sig);
	json_bool(json, "too_late", too_late);
	evidence_end(evidence);
}

/* ---- data read from the process -------------------------------------------------- */

void event_text(struct evidence *evidence, enum text_kind kind, const char *name,
		const struct text *text, unsigned int level)
{
	static const char *const events[] = { "proc_file", "cgroup_file", "snapshot" };
	struct json *json = evidence_begin(evidence, events[kind], monotonic_ns());

	json_string(json, "name", name);
	if (level)
		json_int(json, "level", level);
	if (strcmp(name, "cwd") == 0 || strcmp(name, "cmdline") == 0)
		json_path(json, "text", text->data, text->len); /* files may be opened by them */
	else
		json_bytes(json, "text", text->data, text->len);
	if (text->failed)
		json_bool(json, "truncated", true);
	evidence_end(evidence);
}

void event_frozen(struct evidence *evidence, enum moment moment, enum freeze by, size_t threads,
		  uint64_t start_ns)
{
	struct json *json = evidence_begin(evidence, "frozen", start_ns);

	evidence_moment(json, moment);
	json_string(json, "by", freeze_name(by));
	json_int(json, "threads", (int64_t)threads);
	json_nanos(json, "took_ns", monotonic_ns() - start_ns);
	evidence_end(evidence);
}

void event_released(struct evidence *evidence, enum moment moment, uint64_t start_ns)
{
	struct json *json = evidence_begin(evidence, "released", monotonic_ns());

	evidence_moment(json, moment);
	json_nanos(json, "held_ns", monotonic_ns() - start_ns);
	evidence_end(evidence);
}

void event_thread(struct evidence *evidence, enum moment moment, uint64_t time_ns,
		  const struct thread *thread, bool stopped, const struct user_registers *regs)
{
	struct json *json = evidence_begin(evidence, "thread", time_ns);

	evidence_moment(json, moment);
	json_int(json, "tid", thread->tid);
	if (thread->vtid)
		json_int(json, "vtid", thread->vtid);
	json_bytes(json, "comm", thread->comm, strnlen(thread->comm, COMM_LEN));
	json_bool(json, "stopped", stopped);
	if (regs)
		json_registers(json, regs);
	else if (thread->has_regs)
		json_stack_registers(json, &thread->regs);
	evidence_end(evidence);
}

void event_stacks(struct evidence *evidence, enum moment moment, uint64_t start_ns,
		  const struct text *dump)
{
	struct json *json = evidence_begin(evidence, "stacks", start_ns);

	evidence_moment(json, moment);
	json_raw(json, "dump", dump->data, dump->len);
	evidence_end(evidence);
}

/* ---- its end --------------------------------------------------------------------- */

void event_exiting(struct evidence *evidence, uint32_t status)
{
	json_int(evidence_begin(evidence, "exiting", monotonic_ns()), "status", status);
	evidence_end(evidence);
}

void event_exit(struct evidence *evidence, uint32_t status)
{
	json_int(evidence_begin(evidence, "exit", monotonic_ns()), "status", status);
	evidence_end(evidence);
}

static void json_name(struct json *json, const char *key, const char *name)
{
	if (*name)
		json_string(json, key, name);
}

void event_pod(struct evidence *evidence, const struct pod *pod)
{
	struct json *json = evidence_begin(evidence, "pod", monotonic_ns());

	json_string(json, "uid", pod->uid);
	json_name(json, "container_id", pod->container_id);
	json_name(json, "namespace", pod->namespace);
	json_name(json, "name", pod->name);
	json_name(json, "container", pod->container);
	evidence_end(evidence);
}

void event_kernel_log(struct evidence *evidence, uint64_t time_ns, const char *line)
{
	struct json *json = evidence_begin(evidence, "kernel_log", time_ns);

	json_bytes(json, "text", line, strlen(line));
	evidence_end(evidence);
}

void event_counters(struct evidence *evidence, const struct benign_count *benign, size_t count,
		    uint64_t lost)
{
	struct json *json = evidence_begin(evidence, "counters", monotonic_ns());

	json_begin_array(json, "benign");
	for (size_t i = 0; i < count; i++) {
		json_begin_object(json, NULL);
		json_int(json, "si_signo", benign[i].signo);
		json_int(json, "si_code", benign[i].code);
		json_int(json, "count", (int64_t)benign[i].count);
		json_end_object(json);
	}
	json_end_array(json);
	json_int(json, "lost", (int64_t)lost);
	evidence_end(evidence);
}

/* ---- missing data ---------------------------------------------------------------- */

void event_complete(struct evidence *evidence, bool has_status)
{
	evidence->is_complete = true;
	if (evidence->left_out)
		evidence_problem(evidence, PART_LINES,
				 "%u lines of evidence are left out: there is too much",
				 evidence->left_out);
	json_bool(evidence_begin(evidence, "complete", monotonic_ns()), "status", has_status);
	evidence_end(evidence);
}
