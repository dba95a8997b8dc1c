// SPDX-License-Identifier: Apache-2.0
#include "watch/late_report.h"

#include <errno.h>

#include "base/clock.h"
#include "evidence/capture.h"
#include "evidence/events.h"
#include "process/jvm_open.h"
#include "watch/armed_event.h"
#include "watch/inspection.h"
#include "watch/watch.h"

static void report(struct evidence *evidence, struct recent *recent, const struct told *told)
{
	static struct watch watch;
	static struct probes nothing;

	watch = (struct watch) {
		.config = evidence->config,
		.jvm = evidence->jvm,
		.evidence = evidence,
		.probes = &nothing,
		.recent = recent,
		.session = { .control = -1, .fd = -1 },
		.told = told,
		.kernel_log = { .fd = -1 },
		.headroom = { .meminfo = -1 },
	};
	inspection_init(&watch.inspection);
	watch_end(&watch);
	evidence_close(evidence);
}

static void describe_unwatched(struct evidence *evidence)
{
	static const struct probes nothing;

	capture_identity(evidence);
	armed_event_write(evidence, evidence->config, &nothing, -ESRCH, "agent");
}

void report_too_late(const struct config *config)
{
	static struct evidence evidence;
	static struct recent recent;
	struct jvm jvm;

	jvm_of_ended(&jvm, config->pid);
	evidence_init(&evidence, config, &jvm);
	describe_unwatched(&evidence);
	event_ended_early(&evidence);
	report(&evidence, &recent, NULL);
	jvm_close(&jvm);
}

void report_inherited(const struct config *config, const struct jvm *jvm, struct handover *handover,
		      int cwd_fd, int sig)
{
	bool is_too_late = handover->ends_at_ns && monotonic_ns() >= handover->ends_at_ns;
	struct evidence *evidence = &handover->evidence;

	if (!handover->has_begun || !handover->memory.data) {
		evidence_init(evidence, config, jvm);
		describe_unwatched(evidence);
	} else if (!evidence_inherit(evidence)) {
		return;
	}
	if (!handover->is_armed)
		event_ended_early(evidence);
	if (cwd_fd >= 0)
		evidence->cwd_fd = cwd_fd;
	event_helper_lost(evidence, sig, is_too_late);
	report(evidence, &handover->recent, &handover->told);
}
