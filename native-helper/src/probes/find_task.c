// SPDX-License-Identifier: Apache-2.0
#include "probes/find_task.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int run_iterator(struct bpf_program *iterator)
{
	struct bpf_link *link = bpf_program__attach_iter(iterator, NULL);
	char nothing[64];
	int fd, err = 0;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0)
		err = -errno;
	else
		while (read(fd, nothing, sizeof(nothing)) > 0)
			;
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return err;
}

int find_task(struct bpf_program *iterator, struct task_query *query, pid_t pid,
	      struct task_query *answer)
{
	struct stat pid_ns;
	int err;

	if (stat("/proc/self/ns/pid", &pid_ns))
		return -errno;
	memset(query, 0, sizeof(*query));
	query->pid = (__u32)pid;
	query->pid_ns = (__u32)pid_ns.st_ino;
	err = run_iterator(iterator);
	*answer = *query;
	if (!err && !answer->tgid)
		err = -ESRCH;
	return err;
}

int find_self(const struct bpf_program *program, unsigned int slot)
{
	__u64 context[] = { slot };
	LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = context, .ctx_size_in = sizeof(context));

	return bpf_prog_test_run_opts(bpf_program__fd(program), &run);
}
