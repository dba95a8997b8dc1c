// SPDX-License-Identifier: Apache-2.0
#include "watch/loading.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "process/privileges.h"

/* libbpf keeps names and logs of some KiB on the stack. */
#define STACK_SIZE (1024UL * 1024)

static void *load(void *argument)
{
	struct loading *loading = argument;
	const uint64_t one = 1;

	loading->tid = gettid();
	privileges_raise(); /* a thread has its own */
	(void)probes_open(loading->probes, loading->config, loading->jvm, loading->handler,
			  loading->context); /* the probes tell why it failed */
	(void)!write(loading->end_fd, &one, sizeof(one));
	return NULL;
}

int loading_start(struct loading *loading)
{
	pthread_attr_t attributes;
	int err;

	loading->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loading->end_fd < 0)
		return -errno;
	(void)mallopt(M_ARENA_MAX, 1); /* a thread's own would stay for as long as the JVM lives */
	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setstacksize(&attributes, STACK_SIZE);
	err = pthread_create(&loading->thread, &attributes, load, loading);
	(void)pthread_attr_destroy(&attributes);
	if (err)
		close(loading->end_fd);
	loading->is_running = !err;
	return -err;
}

bool loading_has_ended(struct loading *loading)
{
	struct pollfd pollfd = { .fd = loading->end_fd, .events = POLLIN };

	if (!loading->is_running || poll(&pollfd, 1, 0) != 1)
		return false;
	(void)pthread_join(loading->thread, NULL);
	close(loading->end_fd);
	loading->is_running = false;
	return true;
}

void loading_give_way(const struct loading *loading)
{
	const struct sched_param none = {};

	if (loading->is_running && loading->tid)
		(void)sched_setscheduler(loading->tid, SCHED_IDLE, &none);
}
