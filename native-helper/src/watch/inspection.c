// SPDX-License-Identifier: Apache-2.0
#include "watch/inspection.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/scheduling.h"
#include "evidence/capture.h"
#include "evidence/events.h"
#include "process/freeze.h"
#include "process/privileges.h"

/* The OOM reaper begins to free the memory of a victim after two seconds. */
#define OOM_PATIENCE_NS (1300 * NANOS_PER_MILLI)

/* A Java process can't start in less time. */
#define WALK_AT_LEAST_NS (100 * NANOS_PER_MILLI)

/* The least interval between inspections of repeated SIGTERMs. */
#define REQUEST_INTERVAL_NS (10 * NANOS_PER_SECOND)

void inspection_init(struct inspection *inspection)
{
	walker_init(&inspection->walker);
	walker_init(&inspection->request_walker);
	kill_timer_create(&inspection->kill_timer);
	turn_open(&inspection->turn, TURN_OF_WALKS);
}

static uint64_t all_of_deadline(const struct inspection *inspection)
{
	return inspection->config->deadline_ms * NANOS_PER_MILLI;
}

uint64_t inspection_patience_left(const struct inspection *inspection)
{
	uint64_t all_ns = all_of_deadline(inspection);
	bool is_recent = inspection->requested_ns &&
			 monotonic_ns() - inspection->requested_ns < 6 * REQUEST_INTERVAL_NS;
	uint64_t gone_ns = inspection->held_ns + (is_recent ? inspection->request_held_ns : 0);

	return all_ns > gone_ns ? all_ns - gone_ns : 0;
}

uint64_t inspection_exit_patience(const struct inspection *inspection)
{
	uint64_t left_ns = inspection_patience_left(inspection);
	uint64_t most_ns = all_of_deadline(inspection) / 6 * 5;

	if (inspection->holds_for_report)
		return left_ns;
	if (inspection->is_oom_victim && most_ns > OOM_PATIENCE_NS)
		most_ns = OOM_PATIENCE_NS;
	return left_ns < most_ns ? left_ns : most_ns;
}

static void tell_no_turn(struct inspection *inspection, enum moment moment, uint64_t waited_ns)
{
	unsigned int others = inspection->turn.others;

	evidence_problem_at(inspection->evidence, PART_STACKS, moment,
			    "not read, because no turn was free within %u ms: %u other "
			    "JVM%s of this user %s read at the same time",
			    (unsigned int)(waited_ns / NANOS_PER_MILLI), others,
			    others == 1 ? "" : "s", others == 1 ? "was" : "were");
}

/*
 * The walk must end well before the deadline that kills us. It gets time to end by itself, because
 * it then returns what it has found so far.
 */
static bool walk(struct inspection *inspection, const struct thread_list *threads,
		 enum moment moment, uint64_t start_ns, uint64_t patience_ns)
{
	bool is_request = moment == MOMENT_REQUEST;
	struct walker *walker = is_request ? &inspection->request_walker : &inspection->walker;
	const struct crash unseen = { .status = inspection->exit_status };
	const struct crash *crash = is_request		    ? NULL
				    : inspection->has_crash ? &inspection->crash
							    : &unseen;
	uint64_t now = monotonic_ns();
	bool has_read = false, has_turn;

	/* a JVM that only received SIGTERM does not wait for others */
	set_realtime_priority(false); /* hundreds that wait must leave the CPU to the walkers */
	has_turn =
		turn_take(&inspection->turn, is_request ? now : start_ns + patience_ns / 16 * 11);
	set_realtime_priority(true);
	if (moment == MOMENT_EXIT)
		probes_consume(inspection->probes); /* threads that ended meanwhile */
	if (!has_turn) {
		tell_no_turn(inspection, moment, monotonic_ns() - now);
	} else if (walker_start(walker, inspection->evidence, threads, crash, moment,
				inspection->headroom, start_ns + patience_ns / 16 * 13)) {
		walker_wait(walker, inspection->evidence, start_ns + patience_ns / 16 * 15);
		has_read = walker->has_read;
		if (has_read && turn_has_others(&inspection->turn)) {
			walker_rest(walker);
			inspection->rests_until_ns = now + all_of_deadline(inspection);
		}
	}
	turn_end(&inspection->turn);
	return has_read;
}

bool inspection_rests(struct inspection *inspection)
{
	bool rests = inspection->walker.is_resting || inspection->request_walker.is_resting;

	if (!rests ||
	    (monotonic_ns() < inspection->rests_until_ns && turn_has_others(&inspection->turn)))
		return rests;
	walker_go_on(&inspection->walker);
	walker_go_on(&inspection->request_walker);
	return false;
}

/*
 * A thread in uninterruptible sleep is not stopped, and may be in an execve(2). If the data belongs
 * to a program of another user, it is removed again.
 */
static void look_at_state(struct inspection *inspection, size_t most_maps)
{
	size_t before = inspection->evidence->lines.len;

	capture_state(inspection->evidence, most_maps);
	inspection->has_state = !privileges_check(inspection->jvm, inspection->jvm->tid);
	if (!inspection->has_state)
		evidence_rewind(inspection->evidence, before);
}

/* The part of the free memory for one text, which exists twice and grows by doubling. */
static size_t share(uint64_t left)
{
	return left / 8 < CAPTURE_MAX_MAPS ? (size_t)left / 8 : CAPTURE_MAX_MAPS;
}

/* Even an inspection would use the JVM's last pages and trigger the OOM killer. */
static bool is_too_little(struct inspection *inspection, enum moment moment, uint64_t left)
{
	if (left >= HEADROOM_FOR_A_LOOK)
		return false;
	evidence_problem_at(inspection->evidence, PART_STACKS, moment,
			    "not read, and the process not delayed, because only %" PRIu64
			    " KiB of memory are left",
			    left >> 10);
	return true;
}

/*
 * start_ns: when the process was stopped. Returns whether the stacks were read. If memory is short,
 * we leave the cgroup with only one thread caught, because leaving takes as long as all other
 * steps.
 */
static bool look(struct inspection *inspection, enum freeze how, enum moment moment,
		 volatile __u32 *caught, uint64_t start_ns, uint64_t patience_ns)
{
	bool was_stopped = how == FREEZE_STOPPED;
	struct thread_list threads = {};
	struct frozen frozen;
	bool has_stacks = false, is_seen = false;
	uint64_t left;
	pid_t first = moment == MOMENT_FAULT && inspection->has_crash ? inspection->crash.tid : 0;
	int err = 0;

	set_realtime_priority(true);
	kill_timer_set(&inspection->kill_timer, start_ns, patience_ns);
	privileges_raise();
	freeze_begin(&frozen, inspection->jvm, inspection->hold, first, caught);
	left = headroom_make(inspection->headroom);
	if (is_too_little(inspection, moment, left)) {
		freeze_none(&frozen, was_stopped);
	} else {
		err = freeze_all(&frozen, was_stopped, start_ns + patience_ns / 2);
		is_seen = !err;
	}
	if (moment == MOMENT_FAULT)
		inspection->handover->done = true;
	if (is_seen && inspection->hold->tid && first && !freeze_has(&frozen, first)) {
		/* not caught in time, and the process is exiting: the exit shows more */
		thaw(&frozen);
		is_seen = false;
	}
	if (is_seen) {
		/* stopped, it can't execute another program: does it still belong to our user? */
		err = privileges_check(inspection->jvm, inspection->jvm->tid);
		is_seen = !err;
		if (err)
			thaw(&frozen);
	}
	if (is_seen) {
		event_frozen(inspection->evidence, moment, how, frozen.count, start_ns);
		if (moment == MOMENT_FAULT)
			look_at_state(inspection, share(left));
		capture_threads(inspection->evidence, &frozen, &threads, moment,
				start_ns + patience_ns / 2, share(left));
		has_stacks = walk(inspection, &threads, moment, start_ns, patience_ns);
		/* the exit would show nothing new, and disk accesses may block from here on */
		if (has_stacks && moment == MOMENT_FAULT && !inspection->holds_for_report)
			inspection->hold->is_to_end = true;
		thaw(&frozen);
		event_released(inspection->evidence, moment, start_ns);
	}
	privileges_lower();
	kill_timer_stop(&inspection->kill_timer);
	set_realtime_priority(false);
	threads_free(&threads);
	if (err)
		evidence_problem_at(inspection->evidence, PART_FREEZE, moment, "%s",
				    strerror(-err));
	return has_stacks;
}

/* The time since which the process can't run: BPF made it wait, or it was stopped. */
static uint64_t stopped_since(enum freeze how, uint64_t time_ns)
{
	uint64_t now = monotonic_ns();

	return how == FREEZE_STOPPED || now - time_ns < CATCH_PATIENCE_NS ? time_ns : now;
}

void inspection_fault(struct inspection *inspection, enum freeze how, uint64_t time_ns)
{
	uint64_t start_ns = stopped_since(how, time_ns);
	uint64_t patience_ns = inspection_patience_left(inspection);

	if (inspection->holds_for_report)
		patience_ns /= 2; /* the rest is for the report */
	inspection->has_stacks = look(inspection, how, MOMENT_FAULT,
				      &inspection->probes->state->caught, start_ns, patience_ns);
	inspection->held_ns += monotonic_ns() - start_ns;
}

void inspection_request(struct inspection *inspection)
{
	uint64_t now = monotonic_ns();

	if (inspection->requested_ns && now - inspection->requested_ns < REQUEST_INTERVAL_NS)
		return;
	walker_finish(&inspection->request_walker, inspection->evidence, now);
	if (inspection->request_at)
		evidence_rewind(inspection->evidence, inspection->request_at);
	inspection->request_at = inspection->evidence->lines.len;
	inspection->requested_ns = now;
	(void)look(inspection, FREEZE_WANTED, MOMENT_REQUEST, NULL, now,
		   inspection->config->deadline_ms * NANOS_PER_MILLI / 3);
	inspection->request_held_ns = monotonic_ns() - now;
}

void inspection_exit(struct inspection *inspection, uint32_t status, bool wants_stacks,
		     uint64_t deadline_ns)
{
	uint64_t start_ns = monotonic_ns(), left = headroom_left(inspection->headroom);

	inspection->exit_status = status;
	if (is_too_little(inspection, MOMENT_EXIT, left))
		return;
	privileges_raise();
	if (!inspection->has_state)
		capture_state(inspection->evidence, share(left));
	inspection->has_state = true;
	privileges_lower();
	if (!wants_stacks || inspection->has_stacks)
		return;
	if (deadline_ns < start_ns + WALK_AT_LEAST_NS)
		evidence_problem_at(inspection->evidence, PART_STACKS, MOMENT_EXIT,
				    "not read, because no time was left before deadline=%ums",
				    inspection->config->deadline_ms);
	else
		inspection->has_stacks = walk(inspection, &inspection->killed, MOMENT_EXIT,
					      start_ns, deadline_ns - start_ns);
}

void inspection_exit_released(struct inspection *inspection, uint64_t since_ns)
{
	event_released(inspection->evidence, MOMENT_EXIT, since_ns);
	threads_free(&inspection->killed);
	inspection->held_ns += monotonic_ns() - since_ns;
}
