// SPDX-License-Identifier: Apache-2.0
#include "probes/probes_parts.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/marker.h"
#include "probes/find_task.h"
#include "probes/known_files.h"
#include "probes/uprobe_multi.h"
#include "process/maps.h"
#include "process/privileges.h"

#define PERF_PAGES 16

/* The most records in one call: a fast writer must not keep us from other work. */
#define MAX_CONSUMED 4096

void probes_missing(struct probes *probes, const char *format, ...)
{
	size_t len = strlen(probes->why);
	va_list args;

	if (len && len + 3 < sizeof(probes->why)) {
		memcpy(probes->why + len, "; ", 3);
		len += 2;
	}
	va_start(args, format);
	(void)vsnprintf(probes->why + len, sizeof(probes->why) - len, format, args);
	va_end(args);
}

static void use(struct probes *probes, struct programs *programs, unsigned int slot)
{
	probes->programs = programs;
	probes->slot = slot;
	probes->state = programs->states ? &programs->states[slot] : NULL;
	probes->libjvm.fd = -1;
	probes->libc.fd = -1;
}

void probes_prepare(struct probes *probes)
{
	memset(probes, 0, sizeof(*probes));
	programs_prepare(&probes->own, 1);
	use(probes, &probes->own, 0);
}

void probes_share(struct probes *probes, struct programs *programs, unsigned int slot)
{
	memset(probes, 0, sizeof(*probes));
	use(probes, programs, slot);
	probes->were_loaded = programs->skel;
}

bool probes_have_bpf(const struct probes *probes)
{
	return probes->programs && probes->programs->skel;
}

/* Of this JVM alone. */
static void detach(struct probes *probes)
{
	uprobe_detach(&probes->report_and_die);
	uprobe_detach(&probes->abort);
	uprobe_detach(&probes->exit);
	uprobe_detach(&probes->exit_now);
}

static void close_buffer(struct probes *probes)
{
	ring_buffer__free(probes->ring_buffer);
	perf_buffer__free(probes->perf_buffer);
	probes->ring_buffer = NULL;
	probes->perf_buffer = NULL;
	if (probes->ring_fd > 0)
		close(probes->ring_fd);
	probes->ring_fd = 0;
}

static void unload(struct probes *probes)
{
	detach(probes);
	close_buffer(probes);
	if (probes->programs == &probes->own)
		programs_unload(probes->programs);
}

static void open_files(struct probes *probes, const struct jvm *jvm)
{
	privileges_lower(); /* the path may lead anywhere; root needs no capabilities to read it */
	code_file_take(&probes->libjvm, jvm_open_file(jvm, &jvm->libjvm), libjvm_symbols,
		       LIBJVM_SYMBOLS);
	code_file_take(&probes->libc, jvm_open_file(jvm, &jvm->libc), libc_symbols, LIBC_SYMBOLS);
	privileges_raise();
}

/* ---- the watched JVM --------------------------------------------------------- */

static int put_target(const struct probes *probes, __u64 flags)
{
	return bpf_map_update_elem(bpf_map__fd(probes->programs->skel->maps.targets), &probes->tgid,
				   &probes->target, flags);
}

/* The helper, its watchdog and the JVM, as the kernel numbers them. */
struct found_tasks {
	__u32 jvm, helper, watchdog, level;
	__u64 helper_task;
};

/* In the initial pid namespace, our numbers are the kernel's, and nothing is searched. */
static bool find_here(const struct probes *probes, const struct jvm *jvm, struct found_tasks *found)
{
	volatile struct watch_state *state = probes->state;

	if (find_self(probes->programs->skel->progs.find_self, probes->slot) ||
	    state->helper_level || state->helper_tgid != (__u32)getpid())
		return false;
	*found = (struct found_tasks) {
		.jvm = (__u32)jvm->pid,
		.helper = state->helper_tgid,
		.watchdog = state->helper_parent,
		.helper_task = state->helper_task,
	};
	return true;
}

static int search(const struct probes *probes, const struct jvm *jvm, struct found_tasks *found)
{
	struct bpf_program *iterator = probes->programs->skel->progs.find_task;
	struct task_query *query = &probes->programs->skel->bss->query;
	struct task_query watched, helper, watchdog;
	int err;

	if (probes->programs->is_shared)
		return -EOPNOTSUPP; /* others use the query, too */
	err = find_task(iterator, query, jvm->pid, &watched);
	if (!err)
		err = find_task(iterator, query, getpid(), &helper);
	if (!err)
		err = find_task(iterator, query, getppid(), &watchdog);
	if (!err)
		*found = (struct found_tasks) {
			.jvm = watched.tgid,
			.helper = helper.tgid,
			.watchdog = watchdog.tgid,
			.level = watched.level,
			.helper_task = helper.task,
		};
	return err;
}

static int set_target(struct probes *probes, const struct config *config, const struct jvm *jvm,
		      enum marker marker)
{
	struct found_tasks found;
	int err = find_here(probes, jvm, &found) ? 0 : search(probes, jvm, &found);

	if (err)
		return err;
	probes->tgid = found.jvm;
	probes->target = (struct target) {
		.slot = probes->slot,
		.signals = config->signals,
		.libjvm = jvm->libjvm.code,
		.recovers = { jvm->code_cache, jvm->libc.code, jvm->vdso },
		.marker = marker,
		.freeze = config->freeze,
		.clean_exits = config->on_exit == ON_EXIT_ALWAYS,
		.helper_tgid = found.helper,
		.watchdog_tgid = found.watchdog,
		.helper_level = found.level,
		.helper_task = found.helper_task,
	};
	probes->state->tgid = found.jvm;
	return put_target(probes, BPF_ANY);
}

/* Finds libc's abort message. This takes a while, so the JVM is watched already. */
static void add_abort_message(struct probes *probes, const struct jvm *jvm)
{
	const struct elf_symbol *message = code_file_symbol(&probes->libc, ABORT_MESSAGE);

	if (message->err)
		return;
	probes->target.abort_message = jvm->libc.code.start + message->value;
	(void)put_target(probes, BPF_EXIST); /* the JVM may have ended meanwhile */
}

static void on_lost(void *context, int cpu, unsigned long long lost)
{
	struct probes *probes = context;

	(void)cpu;
	probes->lost_by_perf += lost;
}

static int on_ring_record(void *context, void *data, size_t size)
{
	struct probes *probes = context;

	probes->handler(probes->context, data, size);
	return ++probes->consumed < MAX_CONSUMED ? 0 : -EAGAIN;
}

static void on_perf_record(void *context, int cpu, void *data, __u32 size)
{
	(void)cpu;
	(void)on_ring_record(context, data, size);
}

static void ignore(void *context, const void *data, size_t size)
{
	(void)context;
	(void)data;
	(void)size;
}

/* Before there is a target: what is in the ring then belongs to an earlier watch. */
static int open_ring(struct probes *probes)
{
	record_handler handler = probes->handler;

	probes->ring_fd = programs_open_ring(probes->programs, probes->slot);
	if (probes->ring_fd < 0)
		return probes->ring_fd;
	probes->ring_buffer = ring_buffer__new(probes->ring_fd, on_ring_record, probes, NULL);
	if (!probes->ring_buffer)
		return -errno;
	probes->handler = ignore;
	probes_consume(probes);
	probes->handler = handler;
	return 0;
}

static int open_buffer(struct probes *probes)
{
	struct jmortem *skel = probes->programs->skel;

	if (skel->rodata->use_ringbuf)
		return open_ring(probes);
	probes->perf_buffer = perf_buffer__new(bpf_map__fd(skel->maps.perf_events), PERF_PAGES,
					       on_perf_record, on_lost, probes, NULL);
	return probes->perf_buffer ? 0 : -errno;
}

/* A program that many JVMs share can't be replaced by that of another marker. */
static int load_for(struct probes *probes, const struct config *config, enum marker marker)
{
	bool needs_program =
		marker == MARKER_UPROBE || marker == MARKER_FENTRY || marker == MARKER_SYSCALLS;

	if (probes->programs->is_shared)
		return needs_program && marker != probes->programs->marker ? -EOPNOTSUPP : 0;
	return programs_load_marker(probes->programs, config, marker);
}

static int try_marker(struct probes *probes, const struct config *config, const struct jvm *jvm,
		      enum marker marker)
{
	int err = load_for(probes, config, marker);

	if (!err)
		err = open_buffer(probes); /* before the first record */
	if (!err)
		err = set_target(probes, config, jvm, marker);
	if (!err)
		err = probes_attach_marker(probes, jvm, marker);
	if (err)
		unload(probes);
	else
		probes->marker = marker;
	return err;
}

static void explain(struct probes *probes, int err)
{
	probes_missing(probes, "BPF: %s", strerror(-err));
	if (err == -EPERM || err == -EACCES)
		(void)snprintf(probes->hint, sizeof(probes->hint), "%s",
			       "run as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE");
	else if (access("/sys/kernel/btf/vmlinux", R_OK))
		(void)snprintf(probes->hint, sizeof(probes->hint), "%s",
			       "use Linux 5.10 or later, with BTF (CONFIG_DEBUG_INFO_BTF), and "
			       "mount /sys");
}

/* From the best to the last; without system-call tracepoints, which slow all processes. */
static const enum marker by_preference[] = { MARKER_UPROBE, MARKER_FENTRY, MARKER_DELIVERY,
					     MARKER_NONE };

/* A user of a helper with file capabilities may not slow every process of the host. */
static bool may_use(enum marker marker)
{
	return !privileges_are_lent() || (marker != MARKER_SYSCALLS && marker != MARKER_FENTRY);
}

static int choose_marker(struct probes *probes, const struct config *config, const struct jvm *jvm)
{
	int err = -EINVAL;

	if (config->marker >= 0 && !may_use((enum marker)config->marker)) {
		probes_missing(probes, "marker=%s slows every process, so only root may use it",
			       marker_name((enum marker)config->marker));
	} else if (config->marker >= 0) {
		err = try_marker(probes, config, jvm, (enum marker)config->marker);
		if (!err)
			return 0;
		probes_missing(probes, "marker=%s: %s", marker_name((enum marker)config->marker),
			       strerror(-err));
	}
	for (size_t i = 0; i < sizeof(by_preference) / sizeof(*by_preference); i++) {
		if (!may_use(by_preference[i]))
			continue;
		err = try_marker(probes, config, jvm, by_preference[i]);
		if (!err)
			break;
	}
	return err;
}

void probes_load(struct probes *probes, const struct config *config)
{
	enum marker likely = by_preference[0];

	if (!probes->state)
		return;
	programs_look_at_kernel(probes->programs);
	if (config->marker >= 0 && may_use((enum marker)config->marker))
		likely = (enum marker)config->marker;
	/* a failure is reported when a JVM is to be watched */
	if (programs_load_marker(probes->programs, config, likely))
		return;
	probes->were_loaded = true;
	programs_attach_early(probes->programs, config->java);
}

/* Why there are no programs, or 0. */
static int check(const struct programs *programs)
{
	if (!programs)
		return -ENOENT;
	if (programs->states)
		return programs->is_shared && !programs->skel ? -ENOENT : 0;
	return programs->states_fd < 0 ? programs->states_fd : -ENOMEM;
}

static void watch_abort(struct probes *probes, const struct jvm *jvm)
{
	int err = probes_attach_uprobe(probes, probes->programs->skel->progs.handle_abort, jvm,
				       &probes->libc, ABORT, &probes->abort);

	probes->attached[PROBE_ABORT] = !err;
	add_abort_message(probes, jvm);
	if (err)
		probes_missing(probes, "calls of abort() are not recorded: %s", strerror(-err));
}

int probes_open(struct probes *probes, const struct config *config, const struct jvm *jvm,
		record_handler handler, void *context)
{
	int err = check(probes->programs);

	probes->handler = handler;
	probes->context = context;
	if (err) {
		explain(probes, err);
		return err;
	}
	open_files(probes, jvm);
	if (!probes->were_loaded)
		programs_look_at_kernel(probes->programs);
	err = choose_marker(probes, config, jvm);
	if (err) {
		explain(probes, err);
		if (probes->programs != &probes->own)
			probes->programs = NULL; /* others use them; we do not */
		return err;
	}
	watch_abort(probes, jvm);
	if (!probes->were_loaded)
		probes_watch_exit(probes, jvm);
	if (probes->marker == MARKER_NONE && config->marker != MARKER_NONE)
		probes_missing(probes, "no marker that detects fatal faults could be attached");
	return 0;
}

int probes_fd(const struct probes *probes)
{
	if (probes->ring_buffer)
		return ring_buffer__epoll_fd(probes->ring_buffer);
	if (probes->perf_buffer)
		return perf_buffer__epoll_fd(probes->perf_buffer);
	return -1;
}

void probes_consume(struct probes *probes)
{
	probes->consumed = 0;
	if (probes->ring_buffer)
		(void)ring_buffer__consume(probes->ring_buffer);
	if (probes->perf_buffer)
		(void)perf_buffer__consume(probes->perf_buffer);
}

void probes_close(struct probes *probes)
{
	unload(probes);
	if (probes->programs == &probes->own)
		programs_close(probes->programs);
	probes->programs = NULL;
	probes->state = NULL;
	code_file_close(&probes->libjvm);
	code_file_close(&probes->libc);
}
