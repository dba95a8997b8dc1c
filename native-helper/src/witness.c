// SPDX-License-Identifier: Apache-2.0
#include "witness.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#include "capture.h"
#include "clock.h"
#include "freeze.h"
#include "privileges.h"
#include "record.h"
#include "session.h"

/* The OOM reaper begins to take a victim's memory away after two seconds. */
#define OOM_PATIENCE_NS (1300 * NANOS_PER_MILLI)

/* We end ourselves as the last resort alone, whatever deadline was asked for. */
#define DEAD_MAN_NS (500 * NANOS_PER_MILLI)

/* Less is not enough for a Java process to start. */
#define WALK_AT_LEAST_NS (100 * NANOS_PER_MILLI)

/* Of a process that is asked to end again and again. */
#define REQUEST_INTERVAL_NS (10 * NANOS_PER_SECOND)

void witness_init(struct witness *witness)
{
	walker_init(&witness->walker);
	walker_init(&witness->request_walker);
	dead_man_prepare(&witness->dead_man);
}

void dead_man_prepare(struct dead_man *dead_man)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };

	dead_man->exists = timer_create(CLOCK_MONOTONIC, &event, &dead_man->timer) == 0;
}

void dead_man_set(const struct dead_man *dead_man, uint64_t patience_ns)
{
	struct itimerspec when;

	if (patience_ns < DEAD_MAN_NS)
		patience_ns = DEAD_MAN_NS;
	when = (struct itimerspec) {
		.it_value.tv_sec = (time_t)(patience_ns / NANOS_PER_SECOND),
		.it_value.tv_nsec = (long)(patience_ns % NANOS_PER_SECOND),
	};
	if (dead_man->exists)
		(void)timer_settime(dead_man->timer, 0, &when, NULL);
}

void dead_man_end(const struct dead_man *dead_man)
{
	const struct itimerspec never = {};

	if (dead_man->exists)
		(void)timer_settime(dead_man->timer, 0, &never, NULL);
}

uint64_t witness_patience_left(const struct witness *witness)
{
	uint64_t all_ns = witness->config->deadline_ms * NANOS_PER_MILLI;
	bool is_recent = witness->requested_ns &&
			 monotonic_ns() - witness->requested_ns < 6 * REQUEST_INTERVAL_NS;
	uint64_t gone_ns = witness->held_ns + (is_recent ? witness->request_held_ns : 0);

	return all_ns > gone_ns ? all_ns - gone_ns : 0;
}

uint64_t witness_exit_patience(const struct witness *witness)
{
	uint64_t left_ns = witness_patience_left(witness);
	uint64_t most_ns = witness->config->deadline_ms * NANOS_PER_MILLI / 3 * 2;

	if (witness->holds_for_report)
		return left_ns;
	if (witness->is_oom_victim && most_ns > OOM_PATIENCE_NS)
		most_ns = OOM_PATIENCE_NS;
	return left_ns < most_ns ? left_ns : most_ns;
}

/*
 * The walk must be over well before the deadline that ends us, and it is given the
 * time to end by itself, since it then has what it found until then.
 */
static bool walk(struct witness *witness, const struct thread_list *threads, enum moment moment,
		 uint64_t start_ns, uint64_t patience_ns)
{
	bool is_request = moment == MOMENT_REQUEST;
	struct walker *walker = is_request ? &witness->request_walker : &witness->walker;
	const struct crash unseen = { .status = witness->exit_status };
	const struct crash *crash = is_request		 ? NULL
				    : witness->has_crash ? &witness->crash
							 : &unseen;

	if (!walker_start(walker, witness->evidence, threads, crash, moment, moment == MOMENT_EXIT,
			  start_ns + patience_ns / 4 * 3))
		return false;
	walker_wait(walker, witness->evidence, start_ns + patience_ns / 8 * 7);
	return walker->has_read;
}

static void record_frozen(struct witness *witness, const struct frozen *frozen, enum freeze how,
			  enum moment moment, uint64_t start_ns)
{
	struct json *json = evidence_begin(witness->evidence, "frozen", start_ns);

	evidence_moment(witness->evidence, moment);
	json_string(json, "by", freeze_name(how));
	json_int(json, "threads", (int64_t)frozen->count);
	json_nanos(json, "took_ns", monotonic_ns() - start_ns);
	evidence_end(witness->evidence);
}

static void record_released(struct witness *witness, enum moment moment, uint64_t start_ns)
{
	struct json *json = evidence_begin(witness->evidence, "released", monotonic_ns());

	evidence_moment(witness->evidence, moment);
	json_nanos(json, "held_ns", monotonic_ns() - start_ns);
	evidence_end(witness->evidence);
}

/*
 * A thread in uninterruptible sleep is not stopped, and may be in the middle of an execve(2): what
 * was read of another user's program is taken back.
 */
static void look_at_state(struct witness *witness)
{
	size_t before = witness->evidence->lines.len;

	capture_state(witness->evidence);
	witness->has_state = !privileges_check(witness->jvm, witness->jvm->tid);
	if (!witness->has_state)
		evidence_rewind(witness->evidence, before);
}

/* Returns whether the stacks were read. */
static bool look(struct witness *witness, enum freeze how, enum moment moment,
		 volatile __u32 *caught, uint64_t patience_ns)
{
	uint64_t start_ns = monotonic_ns();
	struct thread_list threads = {};
	struct frozen frozen;
	bool has_stacks = false;
	pid_t first = moment == MOMENT_FAULT && witness->has_crash ? witness->crash.tid : 0;
	int err;

	be_first(true);
	dead_man_set(&witness->dead_man, patience_ns);
	privileges_raise();
	err = freeze(&frozen, witness->jvm, witness->hold, first, caught, how == FREEZE_STOPPED,
		     start_ns + patience_ns / 2);
	if (moment == MOMENT_FAULT)
		witness->handover->done = true;
	if (!err) {
		/* stopped now, it can't become another program: is it still our user's? */
		err = privileges_check(witness->jvm, witness->jvm->tid);
		if (err)
			thaw(&frozen);
	}
	if (!err) {
		record_frozen(witness, &frozen, how, moment, start_ns);
		if (moment == MOMENT_FAULT)
			look_at_state(witness);
		capture_threads(witness->evidence, &frozen, &threads, moment,
				start_ns + patience_ns / 2);
		has_stacks = walk(witness, &threads, moment, start_ns, patience_ns);
		/* nothing is left for the exit to show, and from here on a disk may hang */
		if (has_stacks && moment == MOMENT_FAULT && !witness->holds_for_report)
			witness->hold->is_to_end = true;
		thaw(&frozen);
		record_released(witness, moment, start_ns);
	}
	privileges_lower();
	dead_man_end(&witness->dead_man);
	be_first(false);
	threads_free(&threads);
	if (err)
		evidence_problem(witness->evidence, "freeze: %s", strerror(-err));
	return has_stacks;
}

void witness_fault(struct witness *witness, enum freeze how)
{
	uint64_t start_ns = monotonic_ns();
	uint64_t patience_ns = witness_patience_left(witness);

	if (witness->holds_for_report)
		patience_ns /= 2; /* the rest is for the report */
	witness->has_stacks = look(witness, how, MOMENT_FAULT,
				   &witness->probes->freeze_state->caught, patience_ns);
	witness->held_ns += monotonic_ns() - start_ns;
}

void witness_request(struct witness *witness)
{
	uint64_t now = monotonic_ns();

	if (witness->requested_ns && now - witness->requested_ns < REQUEST_INTERVAL_NS)
		return;
	walker_finish(&witness->request_walker, witness->evidence, now);
	if (witness->request_at)
		evidence_rewind(witness->evidence, witness->request_at);
	witness->request_at = witness->evidence->lines.len;
	witness->requested_ns = now;
	(void)look(witness, FREEZE_WANTED, MOMENT_REQUEST, NULL,
		   witness->config->deadline_ms * NANOS_PER_MILLI / 3);
	witness->request_held_ns = monotonic_ns() - now;
}

void witness_exit(struct witness *witness, uint32_t status, bool wants_stacks, uint64_t deadline_ns)
{
	uint64_t start_ns = monotonic_ns();

	witness->exit_status = status;
	privileges_raise();
	if (!witness->has_state)
		capture_state(witness->evidence);
	witness->has_state = true;
	privileges_lower();
	if (wants_stacks && !witness->has_stacks && deadline_ns > start_ns + WALK_AT_LEAST_NS)
		witness->has_stacks = walk(witness, &witness->killed, MOMENT_EXIT, start_ns,
					   deadline_ns - start_ns);
	record_released(witness, MOMENT_EXIT, start_ns);
	threads_free(&witness->killed);
	witness->held_ns += monotonic_ns() - start_ns;
}
