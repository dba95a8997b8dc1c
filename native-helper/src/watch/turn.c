// SPDX-License-Identifier: Apache-2.0
#include "watch/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/*
 * The kernel can't wait for one of several locks, so we poll. A check takes some microseconds. A
 * held JVM waits for its walk; nobody waits for a report.
 */
static const uint64_t look_again_ns[] = {
	[TURN_OF_WALKS] = 2 * NANOS_PER_MILLI,
	[TURN_OF_REPORTS] = 20 * NANOS_PER_MILLI,
};

#define COUNT_AGAIN_NS (100 * NANOS_PER_MILLI)
#define MAX_PAUSE_NS (200 * NANOS_PER_MILLI)

/* From here on, there is one byte for each process in the queue. */
#define QUEUE (1 << 20)

#define MAX_OTHERS 1000

static unsigned int cpus(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) ? 0 : CPU_COUNT(&set);

	return count > 0 ? (unsigned int)count : 1;
}

/* Returns 0, or -errno: EAGAIN if another process has the lock. */
static int lock_byte(const struct turn *turn, short type, off_t byte)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };

	return fcntl(turn->fd, F_OFD_SETLK, &lock) ? -errno : 0;
}

void turn_open_file(struct turn *turn, const char *path, unsigned int at_once)
{
	struct stat status;

	*turn = (struct turn) {
		.fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600),
		.at_once = at_once,
		.look_again_ns = look_again_ns[TURN_OF_WALKS],
	};
	if (turn->fd >= 0 && (fstat(turn->fd, &status) || !S_ISREG(status.st_mode) ||
			      status.st_uid != geteuid() || (status.st_mode & 077)))
		turn_close(turn);
}

void turn_open(struct turn *turn, enum turn_of of)
{
	static const char *const places[] = {
		"/run/jmortem-%s-%u", /* root's */
		"/run/user/%2$u/jmortem-%1$s",
		"/dev/shm/jmortem-%s-%u",
	};
	static const char *const names[] = {
		[TURN_OF_WALKS] = "walks",
		[TURN_OF_REPORTS] = "reports",
	};
	char path[64];

	*turn = (struct turn) { .fd = -1 };
	for (size_t i = 0; i < sizeof(places) / sizeof(*places) && turn->fd < 0; i++) {
		(void)snprintf(path, sizeof(path), places[i], names[of], geteuid());
		turn_open_file(turn, path, cpus());
	}
	turn->look_again_ns = look_again_ns[of];
}

void turn_close(struct turn *turn)
{
	if (turn->fd >= 0)
		close(turn->fd);
	turn->fd = -1;
}

/* The first lock of another process from this byte of the queue on; 0: there is none. */
static off_t next_other(const struct turn *turn, off_t from)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = from };

	if (turn->fd < 0 || fcntl(turn->fd, F_OFD_GETLK, &lock) || lock.l_type == F_UNLCK)
		return 0;
	return lock.l_start;
}

bool turn_has_others(const struct turn *turn)
{
	return next_other(turn, QUEUE);
}

static void note_others(struct turn *turn)
{
	unsigned int others = 0;
	off_t at = QUEUE - 1;

	while (others < MAX_OTHERS && (at = next_other(turn, at + 1)))
		others++;
	if (others > turn->others)
		turn->others = others;
}

/* Other errors than a foreign lock do not prevent the walk. */
static bool take_any(struct turn *turn)
{
	for (unsigned int i = 0; i < turn->at_once; i++)
		if (lock_byte(turn, F_WRLCK, i) != -EAGAIN)
			return true;
	return false;
}

/* A check takes the longer, the more others there are, and all of them check. */
static uint64_t times_others(const struct turn *turn, uint64_t interval_ns)
{
	return interval_ns * (1 + turn->others / 4);
}

static void pause_until(const struct turn *turn, uint64_t until_ns, uint64_t now)
{
	uint64_t left = until_ns - now, most = times_others(turn, turn->look_again_ns);

	most = most < MAX_PAUSE_NS ? most : MAX_PAUSE_NS;
	struct timespec pause = { .tv_nsec = (long)(left < most ? left : most) };

	nanosleep(&pause, NULL);
}

bool turn_take(struct turn *turn, uint64_t until_ns)
{
	uint64_t now, count_ns = 0;
	bool is_ours;

	turn->others = 0;
	if (turn->fd < 0)
		return true;
	turn->is_queued = true;
	(void)lock_byte(turn, F_WRLCK, QUEUE + getpid());
	while (!(is_ours = take_any(turn)) && (now = monotonic_ns()) < until_ns) {
		if (now >= count_ns) { /* counting takes longer than a check */
			note_others(turn);
			count_ns = now + times_others(turn, COUNT_AGAIN_NS);
		}
		pause_until(turn, until_ns, now);
	}
	if (!is_ours)
		note_others(turn);
	return is_ours;
}

void turn_end(struct turn *turn)
{
	struct flock all = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

	if (turn->fd >= 0 && turn->is_queued)
		(void)fcntl(turn->fd, F_OFD_SETLK, &all);
	turn->is_queued = false;
}

void turn_let_others(const struct turn *turn, uint64_t until_ns)
{
	uint64_t now;

	while (turn_has_others(turn) && (now = monotonic_ns()) < until_ns)
		pause_until(turn, until_ns, now);
}
