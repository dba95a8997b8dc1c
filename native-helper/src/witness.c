// SPDX-License-Identifier: Apache-2.0
#include "witness.h"

#include <inttypes.h>
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
	turn_open(&witness->turn);
}

void dead_man_prepare(struct dead_man *dead_man)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };

	dead_man->exists = timer_create(CLOCK_MONOTONIC, &event, &dead_man->timer) == 0;
}

void dead_man_set(const struct dead_man *dead_man, uint64_t since_ns, uint64_t patience_ns)
{
	uint64_t gone_ns = monotonic_ns() - since_ns;
	struct itimerspec when;

	patience_ns = patience_ns < gone_ns + DEAD_MAN_NS ? DEAD_MAN_NS : patience_ns - gone_ns;
	when = (struct itimerspec) {
		.it_value.tv_sec = (time_t)(patience_ns / NANOS_PER_SECOND),
		.it_value.tv_nsec = (long)(patience_ns % NANOS_PER_SECOND),
	};
	if (dead_man->ends_at_ns)
		*dead_man->ends_at_ns = monotonic_ns() + patience_ns;
	if (dead_man->exists)
		(void)timer_settime(dead_man->timer, 0, &when, NULL);
}

void dead_man_end(const struct dead_man *dead_man)
{
	const struct itimerspec never = {};

	if (dead_man->exists)
		(void)timer_settime(dead_man->timer, 0, &never, NULL);
	if (dead_man->ends_at_ns)
		*dead_man->ends_at_ns = 0;
}

static uint64_t all_of_deadline(const struct witness *witness)
{
	return witness->config->deadline_ms * NANOS_PER_MILLI;
}

uint64_t witness_patience_left(const struct witness *witness)
{
	uint64_t all_ns = all_of_deadline(witness);
	bool is_recent = witness->requested_ns &&
			 monotonic_ns() - witness->requested_ns < 6 * REQUEST_INTERVAL_NS;
	uint64_t gone_ns = witness->held_ns + (is_recent ? witness->request_held_ns : 0);

	return all_ns > gone_ns ? all_ns - gone_ns : 0;
}

uint64_t witness_exit_patience(const struct witness *witness)
{
	uint64_t left_ns = witness_patience_left(witness);
	uint64_t most_ns = all_of_deadline(witness) / 6 * 5;

	if (witness->holds_for_report)
		return left_ns;
	if (witness->is_oom_victim && most_ns > OOM_PATIENCE_NS)
		most_ns = OOM_PATIENCE_NS;
	return left_ns < most_ns ? left_ns : most_ns;
}

static void tell_no_turn(struct witness *witness, enum moment moment, uint64_t waited_ns)
{
	unsigned int others = witness->turn.others;

	evidence_problem_at(witness->evidence, moment,
			    "stacks: not read, since its turn did not come within %u ms: %u other "
			    "JVM%s of this user %s looked at at the same moment",
			    (unsigned int)(waited_ns / NANOS_PER_MILLI), others,
			    others == 1 ? "" : "s", others == 1 ? "was" : "were");
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
	uint64_t now = monotonic_ns();
	bool has_read = false, has_turn;

	/* who was only asked to end is not kept waiting for others */
	has_turn = turn_take(&witness->turn, is_request ? now : start_ns + patience_ns / 16 * 11);
	if (moment == MOMENT_EXIT)
		probes_consume(witness->probes); /* threads that have ended meanwhile */
	if (!has_turn) {
		tell_no_turn(witness, moment, monotonic_ns() - now);
	} else if (walker_start(walker, witness->evidence, threads, crash, moment, witness->room,
				start_ns + patience_ns / 16 * 13)) {
		walker_wait(walker, witness->evidence, start_ns + patience_ns / 16 * 15);
		has_read = walker->has_read;
		if (has_read && turn_others(&witness->turn)) {
			walker_rest(walker);
			witness->rests_until_ns = now + all_of_deadline(witness);
		}
	}
	turn_end(&witness->turn);
	return has_read;
}

bool witness_rests(struct witness *witness)
{
	bool rests = witness->walker.is_resting || witness->request_walker.is_resting;

	if (!rests || (monotonic_ns() < witness->rests_until_ns && turn_others(&witness->turn)))
		return rests;
	walker_go_on(&witness->walker);
	walker_go_on(&witness->request_walker);
	return false;
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
static void look_at_state(struct witness *witness, size_t most_maps)
{
	size_t before = witness->evidence->lines.len;

	capture_state(witness->evidence, most_maps);
	witness->has_state = !privileges_check(witness->jvm, witness->jvm->tid);
	if (!witness->has_state)
		evidence_rewind(witness->evidence, before);
}

/* Of the memory that is left, what one text may have: it is there twice, and grows by doubling. */
static size_t share(uint64_t left)
{
	return left / 8 < CAPTURE_MAX_MAPS ? (size_t)left / 8 : CAPTURE_MAX_MAPS;
}

/* Even to look would take the JVM's last pages, and call the OOM killer. */
static bool is_too_little(struct witness *witness, enum moment moment, uint64_t left)
{
	if (left >= ROOM_FOR_A_LOOK)
		return false;
	evidence_problem_at(
		witness->evidence, moment,
		"stacks: not read, and the process not kept waiting, since only %" PRIu64
		" KiB of memory are left",
		left >> 10);
	return true;
}

/*
 * start_ns: since when it can't run. Returns whether the stacks were read. Where memory is short,
 * the cgroup is left with one thread caught: that takes as long as all that follows.
 */
static bool look(struct witness *witness, enum freeze how, enum moment moment,
		 volatile __u32 *caught, uint64_t start_ns, uint64_t patience_ns)
{
	bool was_stopped = how == FREEZE_STOPPED;
	struct thread_list threads = {};
	struct frozen frozen;
	bool has_stacks = false, is_seen = false;
	uint64_t left;
	pid_t first = moment == MOMENT_FAULT && witness->has_crash ? witness->crash.tid : 0;
	int err = 0;

	be_first(true);
	dead_man_set(&witness->dead_man, start_ns, patience_ns);
	privileges_raise();
	freeze_begin(&frozen, witness->jvm, witness->hold, first, caught);
	left = room_make(witness->room);
	if (is_too_little(witness, moment, left)) {
		freeze_none(&frozen, was_stopped);
	} else {
		err = freeze_all(&frozen, was_stopped, start_ns + patience_ns / 2);
		is_seen = !err;
	}
	if (moment == MOMENT_FAULT)
		witness->handover->done = true;
	if (is_seen && witness->hold->tid && first && !freeze_has(&frozen, first)) {
		/* it was not caught in time, and the process is in its exit: that shows more */
		thaw(&frozen);
		is_seen = false;
	}
	if (is_seen) {
		/* stopped now, it can't become another program: is it still our user's? */
		err = privileges_check(witness->jvm, witness->jvm->tid);
		is_seen = !err;
		if (err)
			thaw(&frozen);
	}
	if (is_seen) {
		record_frozen(witness, &frozen, how, moment, start_ns);
		if (moment == MOMENT_FAULT)
			look_at_state(witness, share(left));
		capture_threads(witness->evidence, &frozen, &threads, moment,
				start_ns + patience_ns / 2, share(left));
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
		evidence_problem_at(witness->evidence, moment, "freeze: %s", strerror(-err));
	return has_stacks;
}

/* It waited to be caught, but no longer than BPF had it wait; or was stopped. */
static uint64_t stopped_since(enum freeze how, uint64_t time_ns)
{
	uint64_t now = monotonic_ns();

	return how == FREEZE_STOPPED || now - time_ns < CATCH_PATIENCE_NS ? time_ns : now;
}

void witness_fault(struct witness *witness, enum freeze how, uint64_t time_ns)
{
	uint64_t start_ns = stopped_since(how, time_ns);
	uint64_t patience_ns = witness_patience_left(witness);

	if (witness->holds_for_report)
		patience_ns /= 2; /* the rest is for the report */
	witness->has_stacks = look(witness, how, MOMENT_FAULT,
				   &witness->probes->freeze_state->caught, start_ns, patience_ns);
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
	(void)look(witness, FREEZE_WANTED, MOMENT_REQUEST, NULL, now,
		   witness->config->deadline_ms * NANOS_PER_MILLI / 3);
	witness->request_held_ns = monotonic_ns() - now;
}

void witness_exit(struct witness *witness, uint32_t status, bool wants_stacks, uint64_t deadline_ns)
{
	uint64_t start_ns = monotonic_ns(), left = room_left(witness->room);

	witness->exit_status = status;
	if (is_too_little(witness, MOMENT_EXIT, left))
		return;
	privileges_raise();
	if (!witness->has_state)
		capture_state(witness->evidence, share(left));
	witness->has_state = true;
	privileges_lower();
	if (!wants_stacks || witness->has_stacks)
		return;
	if (deadline_ns < start_ns + WALK_AT_LEAST_NS)
		evidence_problem_at(witness->evidence, MOMENT_EXIT,
				    "stacks: not read, since no time was left: it may not be held "
				    "for longer than deadline=%ums",
				    witness->config->deadline_ms);
	else
		witness->has_stacks = walk(witness, &witness->killed, MOMENT_EXIT, start_ns,
					   deadline_ns - start_ns);
}

void witness_exit_released(struct witness *witness, uint64_t since_ns)
{
	record_released(witness, MOMENT_EXIT, since_ns);
	threads_free(&witness->killed);
	witness->held_ns += monotonic_ns() - since_ns;
}
