// SPDX-License-Identifier: Apache-2.0
#include "probes.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "find_task.h"
#include "jmortem.skel.h"
#include "known_files.h"
#include "privileges.h"
#include "record.h"
#include "uprobe_multi.h"

#define PERF_PAGES 16

static const struct elf_symbol libjvm_symbols[LIBJVM_SYMBOLS] = {
	/* the one of its four variants that all others call; the name differs by version */
	[REPORT_AND_DIE] = { .name = "_ZN7VMError14report_and_dieEiPKcS1_", .infix = "va_list" },
};

static const struct elf_symbol libc_symbols[LIBC_SYMBOLS] = {
	[ABORT] = { .name = "abort" },
	[EXIT] = { .name = "exit" },
	[EXIT_NOW] = { .name = "_exit" },
	[ABORT_MESSAGE] = { .name = "__abort_msg", .is_variable = true },
};

static void missing(struct probes *probes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void missing(struct probes *probes, const char *format, ...)
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
	return 0; /* stderr is the JVM's: failures are told in our own one line */
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

static bool helper_function_exists(enum bpf_func_id id)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_TRACEPOINT, id, NULL) == 1;
}

/* Whether BPF may send a signal to another process: the newest of what that needs. */
static bool can_send_signals(const struct btf *btf)
{
	return btf__find_by_name_kind(btf, "bpf_send_signal_task", BTF_KIND_FUNC) > 0;
}

/* The tracepoint's first argument, behind the context: a task, or on older kernels a pid. */
static bool mark_victim_has_task(const struct btf *btf)
{
	__s32 id = btf__find_by_name_kind(btf, "btf_trace_mark_victim", BTF_KIND_TYPEDEF);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

	type = type ? btf__type_by_id(btf, type->type) : NULL; /* pointer to function */
	type = type && btf_is_ptr(type) ? btf__type_by_id(btf, type->type) : NULL;
	if (!type || !btf_is_func_proto(type) || btf_vlen(type) < 2)
		return false;
	type = btf__type_by_id(btf, btf_params(type)[1].type);
	return type && btf_is_ptr(type);
}

/* What the kernel's own description tells; reading it takes some milliseconds. */
static void look_at_kernel(struct probes *probes)
{
	struct btf *btf = btf__load_vmlinux_btf();

	if (!btf)
		return; /* then nothing will load, and that is said */
	probes->can_send_signals = can_send_signals(btf);
	probes->mark_victim_has_task = mark_victim_has_task(btf);
	probes->uses_multi = !privileges_have(CAP_SYS_ADMIN) && uprobe_multi_exists(btf);
	btf__free(btf);
}

static int set_map_types(struct probes *probes, const struct config *config)
{
	struct jmortem *skel = probes->skel;

	if (config->perf_buffer || libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL) != 1) {
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
	/* libbpf raises RLIMIT_MEMLOCK where the kernel counts maps by it (before 5.11) */
	err = set_map_types(probes, config);
	if (err)
		return err;
	skel->rodata->mark_victim_has_task = probes->mark_victim_has_task;
	skel->rodata->has_task_pt_regs = helper_function_exists(BPF_FUNC_task_pt_regs);
	bpf_program__set_autoload(skel->progs.wake_helper, probes->can_send_signals);
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

/* ---- what is attached to ------------------------------------------------------ */

static void close_file(struct code_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

/*
 * fd: opened without our capabilities, or -errno. Whatever is found later is of this file alone:
 * its path is not followed again, since somebody may have put another in its place.
 */
static void take_file(struct code_file *file, int fd, const struct elf_symbol *wanted, size_t count)
{
	struct stat status;

	*file = (struct code_file) { .fd = fd, .count = count };
	memcpy(file->symbols, wanted, count * sizeof(*wanted));
	if (fd >= 0 && fstat(fd, &status) == 0) {
		file->device = status.st_dev;
		file->inode = status.st_ino;
		return;
	}
	file->has_symbols = true;
	for (size_t i = 0; i < count; i++)
		file->symbols[i].err = fd < 0 ? fd : -EIO;
}

/* Read when the first one is asked for: what was attached to early needs none. */
static const struct elf_symbol *symbol_of(struct code_file *file, size_t which)
{
	if (!file->has_symbols)
		elf_find_symbols(file->fd, file->symbols, file->count);
	file->has_symbols = true;
	return &file->symbols[which];
}

static void open_files(struct probes *probes, const struct jvm *jvm)
{
	privileges_lower(); /* what is found there may be anything; root needs none to read it */
	take_file(&probes->libjvm, jvm_open_file(jvm, &jvm->libjvm), libjvm_symbols,
		  LIBJVM_SYMBOLS);
	take_file(&probes->libc, jvm_open_file(jvm, &jvm->libc), libc_symbols, LIBC_SYMBOLS);
	privileges_raise();
}

/* ---- who is watched --------------------------------------------------------- */

static int put_target(const struct probes *probes, __u64 flags)
{
	return bpf_map_update_elem(bpf_map__fd(probes->skel->maps.targets), &probes->tgid,
				   &probes->target, flags);
}

static int set_target(struct probes *probes, const struct config *config, const struct jvm *jvm,
		      enum marker marker)
{
	struct task_query watched, helper, guardian;
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
				&guardian);
	if (err)
		return err;
	target.helper_tgid = helper.tgid;
	target.guardian_tgid = guardian.tgid;
	target.helper_level = watched.level;
	target.helper_task = helper.task;
	probes->tgid = watched.tgid;
	probes->target = target;
	return put_target(probes, BPF_ANY);
}

/* Where libc keeps its last words. That takes a while to find, and the JVM is watched already. */
static void add_abort_message(struct probes *probes, const struct jvm *jvm)
{
	const struct elf_symbol *message = symbol_of(&probes->libc, ABORT_MESSAGE);

	if (message->err)
		return;
	probes->target.abort_message = jvm->libc.code.start + message->value;
	(void)put_target(probes, BPF_EXIST); /* it may have ended meanwhile */
}

/* ---- attaching -------------------------------------------------------------- */

static bool is_attached_early(const struct probes *probes, const struct bpf_program *program,
			      const struct code_file *file)
{
	for (size_t i = 0; i < probes->early_count; i++)
		if (probes->early[i].program == program &&
		    probes->early[i].device == file->device &&
		    probes->early[i].inode == file->inode)
			return true;
	return false;
}

/* What every process of the machine may run into without noticing it: not its exit. */
static bool is_rare(const struct probes *probes, const struct bpf_program *program)
{
	return program == probes->skel->progs.handle_report_and_die ||
	       program == probes->skel->progs.handle_abort;
}

static int attach_multi(struct probes *probes, const struct bpf_program *program, pid_t pid,
			const char *path, uint64_t offset)
{
	int fd;

	if (probes->multi_count == MULTI_UPROBES)
		return -ENOSPC;
	fd = uprobe_multi_attach(program, pid, path, offset);
	if (fd < 0)
		return fd;
	probes->multi[probes->multi_count++] = fd;
	return 0;
}

/*
 * By the kind of uprobe that we may have; jvm: NULL for every process that maps the file. What the
 * kernel finds by a first thread that has ended is no memory: then the program alone looks whose
 * it is.
 */
static int attach_to_file(struct probes *probes, struct bpf_program *program, const struct jvm *jvm,
			  const struct code_file *file, uint64_t offset, struct bpf_link **link)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
	if (probes->uses_multi && is_rare(probes, program))
		return attach_multi(probes, program,
				    jvm && jvm_state(jvm, jvm->pid) != 'Z' ? jvm->pid : 0, path,
				    offset);
	*link = bpf_program__attach_uprobe(program, false, jvm ? jvm->tid : -1, path, offset);
	return *link ? 0 : -errno;
}

static int attach_uprobe(struct probes *probes, struct bpf_program *program, const struct jvm *jvm,
			 struct code_file *file, size_t which, struct bpf_link **link)
{
	const struct elf_symbol *symbol;

	if (file->fd >= 0 && is_attached_early(probes, program, file))
		return 0;
	symbol = symbol_of(file, which);
	return symbol->err ? symbol->err
			   : attach_to_file(probes, program, jvm, file, symbol->value, link);
}

/*
 * The first uprobe of a while waits some 100 ms for all CPUs (the kernel's dup_mmap_sem). Those
 * on files that JVMs are known to map are there before, in every process that maps
 * them; the programs look whose they are.
 */
static void attach_early(struct probes *probes, struct bpf_program *program, const char *path,
			 const struct elf_symbol *wanted)
{
	struct early_uprobe *early = &probes->early[probes->early_count];
	struct code_file file;
	int err;

	if (probes->early_count == EARLY_UPROBES)
		return;
	take_file(&file, open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), wanted, 1);
	if (file.fd < 0)
		return;
	if (!is_attached_early(probes, program, &file) && !symbol_of(&file, 0)->err) {
		privileges_raise();
		err = attach_to_file(probes, program, NULL, &file, file.symbols->value,
				     &early->link);
		privileges_lower();
		if (!err) {
			early->program = program;
			early->device = file.device;
			early->inode = file.inode;
			probes->early_count++;
		}
	}
	close_file(&file);
}

static void attach_early_marker(void *probes, const char *libjvm)
{
	attach_early(probes, ((struct probes *)probes)->skel->progs.handle_report_and_die, libjvm,
		     &libjvm_symbols[REPORT_AND_DIE]);
}

static void attach_early_abort(void *probes, const char *libc)
{
	attach_early(probes, ((struct probes *)probes)->skel->progs.handle_abort, libc,
		     &libc_symbols[ABORT]);
}

static int attach_marker(struct probes *probes, const struct jvm *jvm, enum marker marker)
{
	struct jmortem *skel = probes->skel;

	switch (marker) {
	case MARKER_UPROBE:
		return attach_uprobe(probes, skel->progs.handle_report_and_die, jvm,
				     &probes->libjvm, REPORT_AND_DIE, &probes->report_and_die);
	case MARKER_FENTRY:
		skel->links.handle_do_sigaction =
			bpf_program__attach(skel->progs.handle_do_sigaction);
		return skel->links.handle_do_sigaction ? 0 : -errno;
	case MARKER_SYSCALLS:
		skel->links.handle_sys_enter = bpf_program__attach(skel->progs.handle_sys_enter);
		return skel->links.handle_sys_enter ? 0 : -errno;
	case MARKER_DELIVERY:
		return jvm->libjvm.code.start && jvm->code_cache.start ? 0 : -ENOENT;
	default:
		return 0;
	}
}

static int attach_tracepoints(struct jmortem *skel)
{
	skel->links.handle_signal_deliver = bpf_program__attach(skel->progs.handle_signal_deliver);
	if (!skel->links.handle_signal_deliver)
		return -errno;
	skel->links.handle_signal_generate =
		bpf_program__attach(skel->progs.handle_signal_generate);
	if (!skel->links.handle_signal_generate)
		return -errno;
	skel->links.handle_exit = bpf_program__attach(skel->progs.handle_exit);
	if (!skel->links.handle_exit)
		return -errno;
	skel->links.handle_exec = bpf_program__attach(skel->progs.handle_exec);
	if (!skel->links.handle_exec)
		return -errno;
	if (bpf_program__autoload(skel->progs.wake_helper))
		skel->links.wake_helper = bpf_program__attach(skel->progs.wake_helper);
	/* without it the OOM killer is known by its other traces */
	skel->links.handle_mark_victim = bpf_program__attach(skel->progs.handle_mark_victim);
	return 0;
}

/* What was loaded before it was known which JVM it is for serves, if it is for this marker. */
static int load_and_attach(struct probes *probes, const struct config *config, enum marker marker)
{
	int err;

	if (probes->skel && probes->marker == marker)
		return 0;
	unload(probes);
	err = load(probes, config, marker);
	if (!err)
		err = attach_tracepoints(probes->skel);
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
		err = attach_marker(probes, jvm, marker);
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
	return 0;
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
	missing(probes, "BPF: %s", strerror(-err));
	if (err == -EPERM || err == -EACCES)
		(void)snprintf(probes->hint, sizeof(probes->hint), "%s",
			       "run as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE");
	else if (access("/sys/kernel/btf/vmlinux", R_OK))
		(void)snprintf(probes->hint, sizeof(probes->hint), "%s",
			       "needs a kernel with BTF (CONFIG_DEBUG_INFO_BTF), 5.10 or later");
}

/* From the best to the last; system-call tracepoints tax everyone, so not here. */
static const enum marker by_preference[] = { MARKER_UPROBE, MARKER_FENTRY, MARKER_DELIVERY,
					     MARKER_NONE };

/* What runs in every process of the host is nothing that one user may ask a lent helper for. */
static bool may_use(enum marker marker)
{
	return !privileges_are_lent() || (marker != MARKER_SYSCALLS && marker != MARKER_FENTRY);
}

static int choose_marker(struct probes *probes, const struct config *config, const struct jvm *jvm)
{
	int err = -EINVAL;

	if (config->marker >= 0 && !may_use((enum marker)config->marker)) {
		missing(probes, "marker=%s: it slows every process, so only root may ask for it",
			marker_name((enum marker)config->marker));
	} else if (config->marker >= 0) {
		err = try_marker(probes, config, jvm, (enum marker)config->marker);
		if (!err)
			return 0;
		missing(probes, "marker=%s: %s", marker_name((enum marker)config->marker),
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
	/* if it can't be, that is told where a JVM is to be watched */
	if (load_and_attach(probes, config, likely))
		return;
	privileges_lower(); /* paths are followed now */
	if (probes->marker == MARKER_UPROBE)
		known_libjvms(config->java, attach_early_marker, probes);
	known_libcs(attach_early_abort, probes);
	privileges_raise();
}

void probes_watch_exit(struct probes *probes, const struct jvm *jvm)
{
	if (!probes->skel || probes->exit)
		return;
	if (attach_uprobe(probes, probes->skel->progs.handle_exit_now_called, jvm, &probes->libc,
			  EXIT_NOW, &probes->exit_now) ||
	    attach_uprobe(probes, probes->skel->progs.handle_exit_called, jvm, &probes->libc, EXIT,
			  &probes->exit))
		missing(probes, "who calls exit() is not seen");
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
	err = attach_uprobe(probes, probes->skel->progs.handle_abort, jvm, &probes->libc, ABORT,
			    &probes->abort);
	probes->sees_abort = !err;
	add_abort_message(probes, jvm);
	if (err)
		missing(probes, "abort() is not seen at its entry: %s", strerror(-err));
	if (!probes->early_count)
		probes_watch_exit(probes, jvm);
	if (probes->marker == MARKER_NONE && config->marker != MARKER_NONE)
		missing(probes, "no marker of HotSpot's own decision to die could be attached");
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
	if (probes->ring_buffer)
		(void)ring_buffer__consume(probes->ring_buffer);
	if (probes->perf_buffer)
		(void)perf_buffer__consume(probes->perf_buffer);
}

/* ---- telling ---------------------------------------------------------------- */

void probes_describe(const struct probes *probes, struct json *json)
{
	json_begin_object(json, "probes");
	json_bool(json, "bpf", probes->skel);
	if (probes->skel) {
		json_string(json, "signal_deliver", "tp_btf");
		json_string(json, "signal_generate", "tp_btf");
		json_string(json, "sched_process_exit", "tp_btf");
		json_string(json, "marker", marker_name(probes->marker));
		json_string(json, "abort", probes->sees_abort ? "uprobe" : "none");
		json_string(json, "exit", probes->exit ? "uprobe" : "none");
		json_string(json, "mark_victim",
			    probes->skel->links.handle_mark_victim ? "tp_btf" : "none");
		json_string(json, "buffer",
			    probes->ring_buffer ? "ring buffer" : "perf event array");
		json_string(json, "registers",
			    probes->skel->rodata->has_task_pt_regs ? "bpf_task_pt_regs"
								   : "kernel stack");
	}
	if (*probes->why)
		json_string(json, "missing", probes->why);
	json_end_object(json);
}

static uint64_t sum_over_cpus(int fd, const void *key)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t *values = cpus > 0 ? calloc((size_t)cpus, sizeof(*values)) : NULL;
	uint64_t sum = 0;

	if (values && bpf_map_lookup_elem(fd, key, values) == 0)
		for (int i = 0; i < cpus; i++)
			sum += values[i];
	free(values);
	return sum;
}

static void count_benign(const struct probes *probes, struct json *json)
{
	int fd = bpf_map__fd(probes->skel->maps.benign);
	struct benign_key key, *previous = NULL;

	json_begin_array(json, "benign");
	while (bpf_map_get_next_key(fd, previous, &key) == 0) {
		json_begin_object(json, NULL);
		json_int(json, "si_signo", key.sig);
		json_int(json, "si_code", key.code);
		json_int(json, "count", (int64_t)sum_over_cpus(fd, &key));
		json_end_object(json);
		previous = &key;
	}
	json_end_array(json);
}

void probes_count(const struct probes *probes, struct evidence *evidence)
{
	struct json *json;
	__u32 zero = 0;

	if (!probes->skel)
		return;
	json = evidence_begin(evidence, "counters", monotonic_ns());
	count_benign(probes, json);
	json_int(json, "lost",
		 (int64_t)(sum_over_cpus(bpf_map__fd(probes->skel->maps.lost), &zero) +
			   probes->lost_by_perf));
	evidence_end(evidence);
}

void probes_close(struct probes *probes)
{
	ring_buffer__free(probes->ring_buffer);
	perf_buffer__free(probes->perf_buffer);
	probes->ring_buffer = NULL;
	probes->perf_buffer = NULL;
	unload(probes);
	close_file(&probes->libjvm);
	close_file(&probes->libc);
	if (probes->freeze_state_fd >= 0)
		close(probes->freeze_state_fd);
	probes->freeze_state_fd = -1;
}
