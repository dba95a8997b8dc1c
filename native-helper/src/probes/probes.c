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

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0; /* stderr belongs to the JVM: errors are reported in our own line */
}

void probes_prepare(struct probes *probes)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	void *mapped;

	memset(probes, 0, sizeof(*probes));
	probes->freeze_state_fd = -1;
	probes->libjvm.fd = -1;
	probes->libc.fd = -1;
	libbpf_set_print(silent);
	probes->freeze_state_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "freeze_state", sizeof(__u32),
						 sizeof(struct freeze_state), 1, &opts);
	if (probes->freeze_state_fd < 0)
		return;
	mapped = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED,
		      probes->freeze_state_fd, 0);
	if (mapped != MAP_FAILED)
		probes->freeze_state = mapped;
}

/* ---- opening and loading ---------------------------------------------------- */

static void look_at_kernel(struct probes *probes)
{
	probes->kernel = kernel_features();
	probes->uses_multi = !privileges_have(CAP_SYS_ADMIN) && probes->kernel.has_uprobe_multi;
}

static int set_map_types(struct probes *probes, const struct config *config)
{
	struct jmortem *skel = probes->skel;

	if (config->perf_buffer || !probes->kernel.has_ring_buffer) {
		skel->rodata->use_ringbuf = false;
		bpf_map__set_type(skel->maps.events, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
		bpf_map__set_key_size(skel->maps.events, sizeof(int));
		bpf_map__set_value_size(skel->maps.events, sizeof(int));
		bpf_map__set_max_entries(skel->maps.events, (__u32)libbpf_num_possible_cpus());
	}
	return bpf_map__reuse_fd(skel->maps.freeze_state, probes->freeze_state_fd);
}

/* Opens the object with only the programs that this marker needs, and loads it. */
static int load(struct probes *probes, const struct config *config, enum marker marker)
{
	struct jmortem *skel = jmortem__open();
	int err;

	probes->skel = skel;
	if (!skel)
		return -errno;
	/* libbpf raises RLIMIT_MEMLOCK on kernels that count maps by it (before 5.11) */
	err = set_map_types(probes, config);
	if (err)
		return err;
	skel->rodata->mark_victim_has_task = probes->kernel.mark_victim_has_task;
	skel->rodata->has_task_pt_regs = probes->kernel.has_task_pt_regs;
	bpf_program__set_autoload(skel->progs.wake_helper, probes->kernel.can_send_signals);
	bpf_program__set_autoload(skel->progs.handle_report_and_die, marker == MARKER_UPROBE);
	bpf_program__set_autoload(skel->progs.handle_do_sigaction, marker == MARKER_FENTRY);
	bpf_program__set_autoload(skel->progs.handle_sys_enter, marker == MARKER_SYSCALLS);
	if (probes->uses_multi) {
		(void)uprobe_multi_prepare(skel->progs.handle_report_and_die);
		(void)uprobe_multi_prepare(skel->progs.handle_abort);
	}
	return jmortem__load(skel);
}

static void unload(struct probes *probes)
{
	while (probes->multi_count)
		close(probes->multi[--probes->multi_count]);
	while (probes->early_count)
		bpf_link__destroy(probes->early[--probes->early_count].link);
	bpf_link__destroy(probes->report_and_die);
	bpf_link__destroy(probes->abort);
	bpf_link__destroy(probes->exit);
	bpf_link__destroy(probes->exit_now);
	jmortem__destroy(probes->skel);
	probes->report_and_die = NULL;
	probes->abort = NULL;
	probes->exit = NULL;
	probes->exit_now = NULL;
	probes->skel = NULL;
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
	return bpf_map_update_elem(bpf_map__fd(probes->skel->maps.targets), &probes->tgid,
				   &probes->target, flags);
}

static int set_target(struct probes *probes, const struct config *config, const struct jvm *jvm,
		      enum marker marker)
{
	struct task_query watched, helper, watchdog;
	struct target target = {
		.signals = config->signals,
		.libjvm = jvm->libjvm.code,
		.recovers = { jvm->code_cache, jvm->libc.code, jvm->vdso },
		.marker = marker,
		.freeze = config->freeze,
		.clean_exits = config->on_exit == ON_EXIT_ALWAYS,
	};
	int err;

	err = find_task(probes->skel->progs.find_task, &probes->skel->bss->query, jvm->pid,
			&watched);
	if (!err)
		err = find_task(probes->skel->progs.find_task, &probes->skel->bss->query, getpid(),
				&helper);
	if (!err)
		err = find_task(probes->skel->progs.find_task, &probes->skel->bss->query, getppid(),
				&watchdog);
	if (err)
		return err;
	target.helper_tgid = helper.tgid;
	target.watchdog_tgid = watchdog.tgid;
	target.helper_level = watched.level;
	target.helper_task = helper.task;
	probes->tgid = watched.tgid;
	probes->target = target;
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

/* Programs that were loaded before the JVM was known are used if they fit the marker. */
static int load_and_attach(struct probes *probes, const struct config *config, enum marker marker)
{
	int err;

	if (probes->skel && probes->marker == marker)
		return 0;
	unload(probes);
	err = load(probes, config, marker);
	if (!err)
		err = probes_attach_tracepoints(probes);
	if (err)
		unload(probes);
	else
		probes->marker = marker;
	return err;
}

static int try_marker(struct probes *probes, const struct config *config, const struct jvm *jvm,
		      enum marker marker)
{
	int err = load_and_attach(probes, config, marker);

	if (!err)
		err = set_target(probes, config, jvm, marker);
	if (!err)
		err = probes_attach_marker(probes, jvm, marker);
	if (err)
		unload(probes);
	return err;
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

static int open_buffer(struct probes *probes)
{
	int fd = bpf_map__fd(probes->skel->maps.events);

	if (probes->skel->rodata->use_ringbuf) {
		probes->ring_buffer = ring_buffer__new(fd, on_ring_record, probes, NULL);
		return probes->ring_buffer ? 0 : -errno;
	}
	probes->perf_buffer =
		perf_buffer__new(fd, PERF_PAGES, on_perf_record, on_lost, probes, NULL);
	return probes->perf_buffer ? 0 : -errno;
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

	if (!probes->freeze_state)
		return;
	look_at_kernel(probes);
	if (config->marker >= 0 && may_use((enum marker)config->marker))
		likely = (enum marker)config->marker;
	/* a failure is reported when a JVM is to be watched */
	if (load_and_attach(probes, config, likely))
		return;
	privileges_lower(); /* because paths are followed now */
	if (probes->marker == MARKER_UPROBE)
		known_libjvms(config->java, probes_attach_early_marker, probes);
	known_libcs(probes_attach_early_abort, probes);
	privileges_raise();
}

int probes_open(struct probes *probes, const struct config *config, const struct jvm *jvm,
		record_handler handler, void *context)
{
	int err;

	probes->handler = handler;
	probes->context = context;
	if (!probes->freeze_state) {
		err = probes->freeze_state_fd < 0 ? probes->freeze_state_fd : -ENOMEM;
		explain(probes, err);
		return err;
	}
	open_files(probes, jvm);
	if (!probes->skel)
		look_at_kernel(probes);
	err = choose_marker(probes, config, jvm);
	if (!err)
		err = open_buffer(probes);
	if (err) {
		unload(probes);
		explain(probes, err);
		return err;
	}
	err = probes_attach_uprobe(probes, probes->skel->progs.handle_abort, jvm, &probes->libc,
				   ABORT, &probes->abort);
	probes->attached[PROBE_ABORT] = !err;
	add_abort_message(probes, jvm);
	if (err)
		probes_missing(probes, "calls of abort() are not recorded: %s", strerror(-err));
	if (!probes->early_count)
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
	ring_buffer__free(probes->ring_buffer);
	perf_buffer__free(probes->perf_buffer);
	probes->ring_buffer = NULL;
	probes->perf_buffer = NULL;
	unload(probes);
	code_file_close(&probes->libjvm);
	code_file_close(&probes->libc);
	if (probes->freeze_state_fd >= 0)
		close(probes->freeze_state_fd);
	probes->freeze_state_fd = -1;
}
