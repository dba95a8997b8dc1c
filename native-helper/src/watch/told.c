// SPDX-License-Identifier: Apache-2.0
#include "watch/told.h"

#include <string.h>
#include <sys/mman.h>

#include "evidence/capture.h"
#include "evidence/events.h"

static int hear(const char *words, size_t len, const struct config *watch, struct config *said,
		const char **why)
{
	*said = (struct config) { .on_exit = watch->on_exit, .deadline_ms = watch->deadline_ms };
	text_append(&said->raw, words, len);
	*why = "out of memory";
	if (said->raw.failed || config_hear(said, why))
		return -1;
	if (said->deadline_ms > watch->deadline_ms)
		said->deadline_ms = watch->deadline_ms;
	return 0;
}

int told_keep(struct told *told, const struct text *words, const struct config *watch,
	      struct config *said, const char **why)
{
	if (hear(words->data, words->len, watch, said, why))
		return -1;
	/* the watchdog must not find a mixture, whenever this process is killed */
	__atomic_store_n(&told->len, 0, __ATOMIC_SEQ_CST);
	memcpy(told->words, words->data, words->len);
	__atomic_store_n(&told->len, words->len, __ATOMIC_SEQ_CST);
	return 0;
}

void told_begin_snapshot(struct told *told)
{
	told->sizes[!told->newest] = 0;
}

bool told_add_to_snapshot(struct told *told, const char *bytes, size_t len)
{
	unsigned int growing = !told->newest;
	size_t size = told->sizes[growing];

	if (len > TOLD_MAX_SNAPSHOT - size)
		return false;
	memcpy(told->snapshots[growing] + size, bytes, len);
	told->sizes[growing] = size + len;
	return true;
}

void told_end_snapshot(struct told *told)
{
	unsigned int old = told->newest;

	__atomic_store_n(&told->newest, !old, __ATOMIC_SEQ_CST);
	told->sizes[old] = 0;
	(void)madvise(told->snapshots[old], TOLD_MAX_SNAPSHOT, MADV_REMOVE); /* gives it back */
}

void told_write(const struct told *told, struct evidence *evidence)
{
	struct text snapshot = { .is_fixed = true };
	struct config said;
	const char *why;

	if (!told || !told->len)
		return;
	if (hear(told->words, told->len, evidence->config, &said, &why) == 0) {
		event_told(evidence, &said);
		capture_told_command_line(evidence, said.command_line);
	}
	config_free(&said);
	snapshot.data = (char *)told->snapshots[told->newest];
	snapshot.len = told->sizes[told->newest];
	if (snapshot.len)
		event_text(evidence, TEXT_SNAPSHOT, "snapshot", &snapshot, 0);
}
