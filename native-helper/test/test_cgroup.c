// SPDX-License-Identifier: Apache-2.0
#include "cgroup.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

struct tree {
	char parent[64], child[80];
	int fd; /* of the child */
};

static void write_file(const char *dir, const char *name, const char *content)
{
	char path[PATH_MAX];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int make_tree(void **state)
{
	static struct tree tree;

	(void)snprintf(tree.parent, sizeof(tree.parent), "/tmp/test-cgroup-XXXXXX");
	if (!mkdtemp(tree.parent))
		return -1;
	(void)snprintf(tree.child, sizeof(tree.child), "%s/child", tree.parent);
	if (mkdir(tree.child, 0700))
		return -1;
	tree.fd = open(tree.child, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*state = &tree;
	return tree.fd < 0;
}

static int remove_tree(void **state)
{
	static const char *const names[] = { "memory.max",
					     "memory.current",
					     "memory.stat",
					     "memory.limit_in_bytes",
					     "memory.usage_in_bytes",
					     "memory.high",
					     "memory.oom.group" };
	struct tree *tree = *state;
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", tree->child, names[i]);
		(void)unlink(path);
		(void)snprintf(path, sizeof(path), "%s/%s", tree->parent, names[i]);
		(void)unlink(path);
	}
	close(tree->fd);
	(void)rmdir(tree->child);
	return rmdir(tree->parent);
}

static void without_limit(void **state)
{
	struct tree *tree = *state;

	assert_true(cgroup_memory_left(tree->fd, 1) == UINT64_MAX);
	write_file(tree->child, "memory.max", "max\n");
	write_file(tree->child, "memory.current", "4096\n");
	assert_true(cgroup_memory_left(tree->fd, 1) == UINT64_MAX);
}

static void cache_can_be_given_up(void **state)
{
	struct tree *tree = *state;

	write_file(tree->child, "memory.max", "1000\n");
	write_file(tree->child, "memory.current", "900\n");
	write_file(tree->child, "memory.stat", "anon 500\ninactive_file 250\nactive_file 50\n");
	assert_int_equal(cgroup_memory_left(tree->fd, 0), 400);
}

static void the_least_of_all_levels(void **state)
{
	struct tree *tree = *state;

	write_file(tree->child, "memory.limit_in_bytes", "5000\n");
	write_file(tree->child, "memory.usage_in_bytes", "1000\n");
	write_file(tree->parent, "memory.limit_in_bytes", "4000\n");
	write_file(tree->parent, "memory.usage_in_bytes", "3900\n");
	assert_int_equal(cgroup_memory_left(tree->fd, 0), 4000);
	assert_int_equal(cgroup_memory_left(tree->fd, 1), 100);
}

static void slowed_down_before_the_limit(void **state)
{
	struct tree *tree = *state;

	write_file(tree->child, "memory.max", "1000\n");
	write_file(tree->child, "memory.high", "700\n");
	write_file(tree->child, "memory.current", "600\n");
	assert_int_equal(cgroup_memory_left(tree->fd, 0), 100);
	assert_false(cgroup_is_killed_whole(tree->fd));
	write_file(tree->child, "memory.oom.group", "1\n");
	assert_true(cgroup_is_killed_whole(tree->fd));
}

static void beyond_the_limit(void **state)
{
	struct tree *tree = *state;

	write_file(tree->child, "memory.max", "1000\n");
	write_file(tree->child, "memory.current", "1200\n");
	assert_int_equal(cgroup_memory_left(tree->fd, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_limit, make_tree, remove_tree),
		cmocka_unit_test_setup_teardown(cache_can_be_given_up, make_tree, remove_tree),
		cmocka_unit_test_setup_teardown(the_least_of_all_levels, make_tree, remove_tree),
		cmocka_unit_test_setup_teardown(slowed_down_before_the_limit, make_tree,
						remove_tree),
		cmocka_unit_test_setup_teardown(beyond_the_limit, make_tree, remove_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
