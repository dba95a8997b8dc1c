// SPDX-License-Identifier: Apache-2.0
#include "run/process_tree.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/find_task.h"
#include "probes/known_files.h"
#include "process/privileges.h"
#include "process/proc_stat.h"
#include "tree.skel.h"

#define LOOKS_AFTER_OPEN 5
#define LOOK_AGAIN_MS 5
#define LOOK_ANYWAY_MS 1000
#define MAX_PROCESSES 65536
#define MAX_DEPTH 256

/* ---- with BPF --------------------------------------------------------------- */

static int on_grown(void *context, void *data, size_t size)
{
	struct process_tree *tree = context;

	if (size >= sizeof(struct grown_process))
		tree->handler(tree->context, data);
	return 0;
}

static int load(struct process_tree *tree)
{
	struct task_query self;
	int err;

	tree->skel = tree__open();
	if (!tree->skel)
		return -errno;
	tree->skel->rodata->is_whole_host = tree->is_whole_host;
	if (tree->is_whole_host)
		(void)bpf_map__set_type(tree->skel->maps.members, BPF_MAP_TYPE_LRU_HASH);
	err = tree__load(tree->skel);
	if (err)
		return err;
	err = find_task(tree->skel->progs.find_task, &tree->skel->bss->query, getpid(), &self);
	if (err)
		return err;
	tree->skel->bss->helper_level = self.level;
	tree->ring_buffer = ring_buffer__new(bpf_map__fd(tree->skel->maps.grown_processes),
					     on_grown, tree, NULL);
	if (!tree->ring_buffer)
		return -errno;
	tree->skel->links.handle_fork = bpf_program__attach(tree->skel->progs.handle_fork);
	tree->skel->links.handle_exec = bpf_program__attach(tree->skel->progs.handle_exec);
	tree->skel->links.handle_exit = bpf_program__attach(tree->skel->progs.handle_exit);
	return tree->skel->links.handle_fork && tree->skel->links.handle_exec &&
			       tree->skel->links.handle_exit
		       ? 0
		       : -errno;
}

/* User space was too slow for some announcements, so it looks at all processes. */
static bool has_lost(struct process_tree *tree)
{
	__u64 lost = tree->skel->bss->lost_announcements;
	bool has = lost != tree->lost;

	tree->lost = lost;
	return has;
}

static void unload(struct process_tree *tree)
{
	ring_buffer__free(tree->ring_buffer);
	tree__destroy(tree->skel);
	tree->ring_buffer = NULL;
	tree->skel = NULL;
}

/* ---- without ---------------------------------------------------------------- */

void process_tree_learn(struct process_tree *tree, const char *libjvm)
{
	if (tree->inotify >= 0)
		(void)inotify_add_watch(tree->inotify, libjvm, IN_OPEN);
}

static void on_known(void *context, const char *libjvm)
{
	process_tree_learn(context, libjvm);
}

struct process {
	pid_t pid, parent;
};

static bool read_process(const char *name, struct process *process)
{
	char path[32], state;

	process->pid = (pid_t)strtol(name, NULL, 10);
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", process->pid);
	return process->pid > 0 && proc_stat_read(AT_FDCWD, path, &state, &process->parent);
}

static size_t list_processes(struct process *list, size_t size)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	size_t count = 0;

	while (dir && count < size && (entry = readdir(dir)))
		if (read_process(entry->d_name, &list[count]))
			count++;
	if (dir)
		closedir(dir);
	return count;
}

/* A JVM has several: the others need no look. */
static bool has_threads(pid_t pid)
{
	struct stat tasks;
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/task", pid);
	return stat(path, &tasks) == 0 && tasks.st_nlink > 3; /* 2, and one for each thread */
}

static pid_t parent_of(pid_t pid, const struct process *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].pid == pid)
			return list[i].parent;
	return 0;
}

static bool is_below(pid_t pid, pid_t root, const struct process *list, size_t count)
{
	for (unsigned int depth = 0; pid && depth < MAX_DEPTH; depth++) {
		if (pid == root)
			return true;
		pid = parent_of(pid, list, count);
	}
	return false;
}

/* Processes whose parent has ended become children of the root's parent, the subreaper. */
static bool belongs_to(const struct process_tree *tree, pid_t pid, pid_t reaper,
		       const struct process *list, size_t count)
{
	return is_below(pid, tree->root, list, count) ||
	       (reaper > 1 && pid != getpid() && is_below(pid, reaper, list, count) &&
		pid != reaper);
}

static void look_through(struct process_tree *tree)
{
	struct process *list = calloc(MAX_PROCESSES, sizeof(*list));
	size_t count = list ? list_processes(list, MAX_PROCESSES) : 0;
	pid_t reaper = list ? parent_of(tree->root, list, count) : 0;

	for (size_t i = 0; i < count; i++) {
		const struct grown_process found = { .pid = (__u32)list[i].pid };

		if (tree->is_whole_host ? has_threads(list[i].pid)
					: belongs_to(tree, list[i].pid, reaper, list, count))
			tree->handler(tree->context, &found);
	}
	free(list);
}

static void consume_opened(struct process_tree *tree)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));

	while (read(tree->inotify, events, sizeof(events)) > 0)
		tree->looks_left = LOOKS_AFTER_OPEN;
	if (tree->looks_left)
		tree->looks_left--;
	if (tree->root || tree->is_whole_host)
		look_through(tree);
}

/* ---- either ----------------------------------------------------------------- */

static void open_tree(struct process_tree *tree, const char *java)
{
	tree->inotify = -1;
	libbpf_set_print(NULL); /* errors are reported in our own line */
	privileges_raise();
	tree->err = -load(tree);
	privileges_lower();
	if (!tree->err)
		return;
	unload(tree);
	tree->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	known_libjvms(java, on_known, tree);
}

void process_tree_open(struct process_tree *tree, const char *java, process_handler handler,
		       void *context)
{
	*tree = (struct process_tree) { .handler = handler, .context = context };
	open_tree(tree, java);
}

void process_tree_open_host(struct process_tree *tree, const char *java, process_handler handler,
			    void *context)
{
	*tree = (struct process_tree) {
		.is_whole_host = true,
		.handler = handler,
		.context = context,
	};
	open_tree(tree, java);
	look_through(tree); /* those that run already */
}

void process_tree_set_root(struct process_tree *tree, pid_t root)
{
	const struct tree_member none = {};
	struct task_query task;

	tree->root = root;
	if (tree->skel &&
	    find_task(tree->skel->progs.find_task, &tree->skel->bss->query, root, &task) == 0)
		(void)bpf_map_update_elem(bpf_map__fd(tree->skel->maps.members), &task.tgid, &none,
					  BPF_ANY);
}

void process_tree_close(struct process_tree *tree)
{
	unload(tree);
	if (tree->inotify >= 0)
		close(tree->inotify);
	tree->inotify = -1;
}

int process_tree_fd(const struct process_tree *tree)
{
	return tree->ring_buffer ? ring_buffer__epoll_fd(tree->ring_buffer) : tree->inotify;
}

int process_tree_timeout(const struct process_tree *tree)
{
	if (tree->skel)
		return -1;
	return tree->looks_left ? LOOK_AGAIN_MS : LOOK_ANYWAY_MS;
}

void process_tree_consume(struct process_tree *tree)
{
	if (!tree->ring_buffer) {
		consume_opened(tree);
		return;
	}
	(void)ring_buffer__consume(tree->ring_buffer);
	if (has_lost(tree))
		look_through(tree);
}
