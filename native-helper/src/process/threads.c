// SPDX-License-Identifier: Apache-2.0
#include "process/threads.h"

#include <stdlib.h>
#include <string.h>

/* More than the kernel allows by default; a bound, because records may be wrong. */
#define MAX_THREADS 65536

bool threads_add(struct thread_list *list, const struct thread *thread)
{
	size_t size = list->size ? list->size * 2 : 64;
	struct thread *threads;

	if (list->count == list->size) {
		threads =
			size > MAX_THREADS ? NULL : realloc(list->threads, size * sizeof(*threads));
		if (!threads)
			return false;
		list->threads = threads;
		list->size = size;
	}
	list->threads[list->count++] = *thread;
	return true;
}

void threads_free(struct thread_list *list)
{
	free(list->threads);
	memset(list, 0, sizeof(*list));
}
