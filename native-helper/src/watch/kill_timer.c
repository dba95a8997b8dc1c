// SPDX-License-Identifier: Apache-2.0
#include "watch/kill_timer.h"

#include <signal.h>

#include "base/clock.h"

/* The least time: killing ourselves is the last resort, whatever the deadline. */
#define AT_LEAST_NS (500 * NANOS_PER_MILLI)

void kill_timer_create(struct kill_timer *kill_timer)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };

	kill_timer->exists = timer_create(CLOCK_MONOTONIC, &event, &kill_timer->timer) == 0;
}

void kill_timer_set(const struct kill_timer *kill_timer, uint64_t since_ns, uint64_t patience_ns)
{
	uint64_t gone_ns = monotonic_ns() - since_ns;
	struct itimerspec when;

	patience_ns = patience_ns < gone_ns + AT_LEAST_NS ? AT_LEAST_NS : patience_ns - gone_ns;
	when = (struct itimerspec) {
		.it_value.tv_sec = (time_t)(patience_ns / NANOS_PER_SECOND),
		.it_value.tv_nsec = (long)(patience_ns % NANOS_PER_SECOND),
	};
	if (kill_timer->ends_at_ns)
		*kill_timer->ends_at_ns = monotonic_ns() + patience_ns;
	if (kill_timer->exists)
		(void)timer_settime(kill_timer->timer, 0, &when, NULL);
}

void kill_timer_stop(const struct kill_timer *kill_timer)
{
	const struct itimerspec never = {};

	if (kill_timer->exists)
		(void)timer_settime(kill_timer->timer, 0, &never, NULL);
	if (kill_timer->ends_at_ns)
		*kill_timer->ends_at_ns = 0;
}
