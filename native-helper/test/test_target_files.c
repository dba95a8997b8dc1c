// SPDX-License-Identifier: Apache-2.0
#include "java/target_files.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "test.h"

#define NOBODY 65534
#define MIB (1024UL * 1024)

struct world {
	char place[64], root[80], cwd[96];
	struct jvm_user user;
	int root_fd, cwd_fd;
	int socket; /* ours */
	pid_t server;
};

/* A root directory, and in it a working directory. */
static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return -1;
	*state = world;
	if (!make_place(world->place, sizeof(world->place)))
		return -1;
	(void)snprintf(world->root, sizeof(world->root), "%s/root", world->place);
	(void)snprintf(world->cwd, sizeof(world->cwd), "%s/cwd", world->root);
	if (mkdir(world->root, 0700) || mkdir(world->cwd, 0700))
		return -1;
	world->user = (struct jvm_user) { true, getuid(), geteuid(), getegid() };
	world->root_fd = open(world->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	world->cwd_fd = open(world->cwd, O_PATH | O_DIRECTORY | O_CLOEXEC);
	world->socket = -1;
	return world->root_fd < 0 || world->cwd_fd < 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	if (world->server > 0)
		(void)end_waiting(world->server);
	close(world->socket);
	close(world->root_fd);
	close(world->cwd_fd);
	(void)remove_all_of(world->place);
	free(world);
	return 0;
}

static void start(struct world *world)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	world->server = fork();
	assert_true(world->server >= 0);
	if (world->server == 0) {
		close(ends[0]);
		target_files_serve(ends[1], world->root_fd, world->cwd_fd, &world->user);
	}
	close(ends[1]);
	world->socket = ends[0];
}

static void write_file(const char *dir, const char *name, const char *content, mode_t mode)
{
	char path[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, mode);
	assert_true(fd >= 0);
	assert_int_equal(text_write(fd, content, strlen(content)), 0);
	close(fd);
}

static void make_link(const char *target, const char *dir, const char *name)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(symlink(target, path), 0);
}

static size_t receive(const struct world *world, void *to, size_t len)
{
	ssize_t n = recv(world->socket, to, len, MSG_WAITALL);

	assert_true(n >= 0);
	return (size_t)n;
}

/* The answer's first line, without its end. */
static void ask(const struct world *world, char kind, const char *path, char *line)
{
	size_t len = 0;

	assert_int_equal(text_write(world->socket, &kind, 1), 0);
	assert_int_equal(text_write(world->socket, path, strlen(path) + 1), 0);
	while (receive(world, line + len, 1) == 1 && line[len] != '\n')
		assert_true(++len < 200);
	line[len] = '\0';
}

/* What follows it: the chunks. Returns their length; the first bytes are put into content. */
static size_t receive_chunks(const struct world *world, char *content, size_t size)
{
	static char chunk[1 << 20];
	size_t all = 0;
	uint32_t len;

	memset(content, 0, size);
	for (;;) {
		assert_int_equal(receive(world, &len, sizeof(len)), sizeof(len));
		len = ntohl(len);
		if (!len)
			return all;
		assert_true(len <= sizeof(chunk));
		assert_int_equal(receive(world, chunk, len), len);
		if (all < size - 1)
			memcpy(content + all, chunk, len < size - 1 - all ? len : size - 1 - all);
		all += len;
	}
}

static void assert_content(const struct world *world, char kind, const char *path,
			   const char *expected)
{
	char line[256], content[256];

	ask(world, kind, path, line);
	assert_int_equal(strncmp(line, "ok ", 3), 0);
	assert_int_equal(receive_chunks(world, content, sizeof(content)), strlen(expected));
	assert_string_equal(content, expected);
}

static void assert_refused(const struct world *world, char kind, const char *path)
{
	char line[256];

	ask(world, kind, path, line);
	assert_int_equal(strncmp(line, "no ", 3), 0);
}

static void serves_one_file_after_another(void **state)
{
	struct world *world = *state;
	unsigned long long size, inode;
	struct stat file;
	char line[256], path[160];
	long long mtime_ms;
	unsigned int uid;

	write_file(world->cwd, "hs_err", "# SIGSEGV\n", 0600);
	write_file(world->root, "lib.so", "ELF", 0600);
	write_file(world->root, "empty", "", 0600);
	start(world);
	assert_content(world, 'W', "hs_err", "# SIGSEGV\n");
	assert_content(world, 'R', "/lib.so", "ELF");
	assert_content(world, 'R', "/empty", "");
	assert_refused(world, 'R', "/none");
	assert_content(world, 'r', "/cwd/hs_err", "# SIGSEGV\n");
	ask(world, 'W', "hs_err", line);
	(void)snprintf(path, sizeof(path), "%s/hs_err", world->cwd);
	assert_int_equal(stat(path, &file), 0);
	assert_int_equal(sscanf(line, "ok %llu %lld %u %llu ", &size, &mtime_ms, &uid, &inode), 4);
	assert_int_equal(size, 10);
	assert_int_equal(mtime_ms / 1000, file.st_mtim.tv_sec);
	assert_int_equal(uid, geteuid());
	assert_int_equal(inode, file.st_ino);
}

/* The process has chosen where its names lead. */
static void no_name_leads_out_of_its_directories(void **state)
{
	struct world *world = *state;

	write_file(world->place, "secret", "secret", 0600);
	write_file(world->root, "plain", "plain", 0600);
	make_link("../../secret", world->cwd, "up");
	make_link("/etc/passwd", world->cwd, "absolute");
	make_link("/plain", world->root, "inside");
	make_link("../../../../secret", world->root, "outside");
	make_link("/proc/self/cwd", world->root, "magic");
	start(world);
	assert_refused(world, 'W', "up");
	assert_refused(world, 'W', "absolute");
	assert_refused(world, 'W', "../../secret");
	assert_refused(world, 'W', "/etc/passwd");
	assert_refused(world, 'W', "");
	/* what is absolute is so below its root */
	assert_content(world, 'R', "/inside", "plain");
	assert_refused(world, 'R', "/outside");
	assert_refused(world, 'R', "/../secret");
	assert_refused(world, 'R', "/magic");
	assert_refused(world, 'R', "/etc/passwd");
}

static void what_is_no_regular_file_is_refused_at_once(void **state)
{
	struct world *world = *state;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/fifo", world->cwd);
	assert_int_equal(mkfifo(path, 0600), 0);
	start(world);
	assert_refused(world, 'W', "fifo");
	assert_refused(world, 'W', ".");
	assert_refused(world, 'R', "/cwd");
	assert_refused(world, 'X', "/cwd");
	assert_refused(world, '\0', "/cwd");
	/* and it still serves */
	write_file(world->cwd, "file", "content", 0600);
	assert_content(world, 'W', "file", "content");
}

static void of_a_large_file_the_head_is_served(void **state)
{
	struct world *world = *state;
	char path[128], line[256], content[8];

	write_file(world->cwd, "large", "begins", 0600);
	(void)snprintf(path, sizeof(path), "%s/large", world->cwd);
	assert_int_equal(truncate(path, 129 * MIB), 0);
	start(world);
	ask(world, 'w', "large", line);
	assert_int_equal(strncmp(line, "cut 135266304 ", 14), 0);
	assert_int_equal(receive_chunks(world, content, sizeof(content)), MIB);
	assert_string_equal(content, "begins");
	ask(world, 'W', "large", line);
	assert_int_equal(strncmp(line, "cut 135266304 ", 14), 0);
	assert_int_equal(receive_chunks(world, content, sizeof(content)), 128 * MIB);
}

static void directories_that_are_unknown_have_no_files(void **state)
{
	struct world *world = *state;
	int root = world->root_fd, cwd = world->cwd_fd;

	write_file(world->cwd, "file", "content", 0600);
	world->root_fd = world->cwd_fd = -1;
	start(world);
	assert_refused(world, 'W', "file");
	assert_refused(world, 'R', "/etc/passwd");
	world->root_fd = root;
	world->cwd_fd = cwd;
}

/* Returns its wait status. */
static int end_of_server(struct world *world)
{
	int status = -1;

	assert_int_equal(waitpid(world->server, &status, 0), world->server);
	world->server = 0;
	return status;
}

static void ends_when_nobody_asks_any_more(void **state)
{
	struct world *world = *state;

	start(world);
	assert_refused(world, 'R', "/none");
	assert_int_equal(shutdown(world->socket, SHUT_WR), 0);
	(void)end_of_server(world);
}

static void a_path_without_an_end_ends_it(void **state)
{
	static char path[2 * PATH_MAX];
	struct world *world = *state;
	char byte;

	memset(path, 'R', sizeof(path));
	start(world);
	/* it may have gone before it has read all */
	(void)!send(world->socket, path, sizeof(path), MSG_NOSIGNAL);
	(void)end_of_server(world);
	assert_true(recv(world->socket, &byte, 1, 0) <= 0);
}

/* Whoever takes it over has nothing but the socket and the two directories. */
static void has_no_descriptor_of_ours(void **state)
{
	struct world *world = *state;
	int secret = open("/etc/passwd", O_RDONLY), count = 0;
	struct dirent *entry = NULL;
	char path[32];
	DIR *dir;

	write_file(world->cwd, "file", "content", 0600);
	start(world);
	assert_content(world, 'W', "file", "content");
	assert_refused(world, 'R', "/none");
	(void)snprintf(path, sizeof(path), "/proc/%d/fd", world->server);
	dir = opendir(path);
	close(secret);
	while (dir && (entry = readdir(dir)))
		count += *entry->d_name != '.' && strtol(entry->d_name, NULL, 10) > STDERR_FILENO;
	if (dir)
		closedir(dir);
	else
		print_message("its descriptors can't be looked at here\n");
	assert_int_equal(count, dir ? 3 : 0);
}

static void reads_with_the_rights_of_the_processs_user(void **state)
{
	struct world *world = *state;

	if (geteuid()) {
		print_message("skipped: only root can take another user's rights\n");
		skip();
	}
	world->user = (struct jvm_user) { true, NOBODY, NOBODY, NOBODY };
	write_file(world->cwd, "roots", "secret", 0600);
	write_file(world->cwd, "everybodys", "content", 0644);
	assert_int_equal(chmod(world->place, 0755), 0);
	assert_int_equal(chmod(world->root, 0755), 0);
	assert_int_equal(chmod(world->cwd, 0755), 0);
	start(world);
	assert_refused(world, 'W', "roots");
	assert_refused(world, 'R', "/cwd/roots");
	assert_content(world, 'W', "everybodys", "content");
}

static void root_serves_nobody_whom_it_does_not_know(void **state)
{
	struct world *world = *state;
	int status;

	if (geteuid()) {
		print_message("skipped: only root has to know whose rights to take\n");
		skip();
	}
	world->user = (struct jvm_user) {};
	start(world);
	assert_int_equal(shutdown(world->socket, SHUT_WR), 0);
	status = end_of_server(world);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(serves_one_file_after_another, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_name_leads_out_of_its_directories, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_regular_file_is_refused_at_once, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(of_a_large_file_the_head_is_served, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(directories_that_are_unknown_have_no_files, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(ends_when_nobody_asks_any_more, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_path_without_an_end_ends_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(has_no_descriptor_of_ours, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_with_the_rights_of_the_processs_user, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(root_serves_nobody_whom_it_does_not_know, set_up,
						tear_down),
	};

	end_if_stuck();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
