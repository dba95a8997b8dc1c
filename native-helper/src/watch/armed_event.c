// SPDX-License-Identifier: Apache-2.0
#include "watch/armed_event.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "process/jvm.h"

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

void armed_event_write(struct evidence *evidence, const struct config *config,
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
}

void early_end_write(struct evidence *evidence)
{
	if (!jvm_has_ended(evidence->jvm))
		return;
	(void)evidence_begin(evidence, "ended_early", monotonic_ns());
	evidence_end(evidence);
}
