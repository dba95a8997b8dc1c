// SPDX-License-Identifier: Apache-2.0
#include "process/headroom.h"

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
					     "memory.oom.group",
					     "cgroup.procs" };
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

static uint64_t left(const struct tree *tree, unsigned int parents)
{
	static struct headroom headroom;
	uint64_t bytes;

	headroom_open_cgroup(&headroom, tree->fd, parents);
	bytes = headroom_left(&headroom);
	headroom_close(&headroom);
	return bytes;
}

static void without_limit(void **state)
{
	struct tree *tree = *state;

	assert_true(left(tree, 1) == UINT64_MAX);
	write_file(tree->child, "memory.max", "max\n");
	write_file(tree->child, "memory.current", "4096\n");
	assert_true(left(tree, 1) == UINT64_MAX);
}

static void cache_can_be_given_up(void **state)
{
	struct tree *tree = *state;

	write_file(tree->child, "memory.max", "1000\n");
	write_file(tree->child, "memory.current", "900\n");
	write_file(tree->child, "memory.stat", "anon 500\ninactive_file 250\nactive_file 50\n");
	assert_int_equal(left(tree, 0), 400);
}

static void the_least_of_all_levels(void **state)
{
	struct tree *tree = *state;

	write_file(tree->child, "memory.limit_in_bytes", "5000\n");
	write_file(tree->child, "memory.usage_in_bytes", "1000\n");
	write_file(tree->parent, "memory.limit_in_bytes", "4000\n");
	write_file(tree->parent, "memory.usage_in_bytes", "3900\n");
	assert_int_equal(left(tree, 0), 4000);
	assert_int_equal(left(tree, 1), 100);
}

static void slowed_down_before_the_limit(void **state)
{
	struct tree *tree = *state;

	write_file(tree->child, "memory.max", "1000\n");
	write_file(tree->child, "memory.high", "700\n");
	write_file(tree->child, "memory.current", "600\n");
	assert_int_equal(left(tree, 0), 100);
}

static void beyond_the_limit(void **state)
{
	struct tree *tree = *state;

	write_file(tree->child, "memory.max", "1000\n");
	write_file(tree->child, "memory.current", "1200\n");
	assert_int_equal(left(tree, 0), 0);
}

static void more_where_all_are_killed(void **state)
{
	struct tree *tree = *state;
	struct headroom headroom;

	write_file(tree->child, "memory.oom.group", "0\n");
	headroom_open_cgroup(&headroom, tree->fd, 0);
	assert_int_equal(headroom_needed(&headroom), HEADROOM_FOR_JAVA);
	write_file(tree->child, "memory.oom.group", "1\n");
	assert_int_equal(headroom_needed(&headroom), 2 * HEADROOM_FOR_JAVA);
	headroom_close(&headroom);
}

/* For the topmost that may be entered; from there on that one's limit counts. */
static void leaves(void **state)
{
	struct tree *tree = *state;
	struct headroom headroom;

	write_file(tree->child, "memory.max", "1000\n");
	write_file(tree->child, "memory.current", "900\n");
	write_file(tree->child, "cgroup.procs", "");
	write_file(tree->parent, "memory.max", "max\n");
	write_file(tree->parent, "cgroup.procs", "");
	headroom_open_cgroup(&headroom, tree->fd, 1);
	assert_int_equal(headroom_left(&headroom), 100);
	assert_true(headroom_make(&headroom) == UINT64_MAX);
	assert_int_equal(headroom.here, 1);
	assert_false(headroom_leave(&headroom));
	headroom_close(&headroom);
}

static void no_way_out(void **state)
{
	struct tree *tree = *state;
	struct headroom headroom;

	write_file(tree->child, "memory.max", "1000\n");
	write_file(tree->child, "memory.current", "900\n");
	write_file(tree->child, "cgroup.procs", "");
	headroom_open_cgroup(&headroom, tree->fd, 1);
	assert_int_equal(headroom_make(&headroom), 100);
	headroom_close(&headroom);
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
		cmocka_unit_test_setup_teardown(more_where_all_are_killed, make_tree, remove_tree),
		cmocka_unit_test_setup_teardown(leaves, make_tree, remove_tree),
		cmocka_unit_test_setup_teardown(no_way_out, make_tree, remove_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
