// SPDX-License-Identifier: Apache-2.0
#include "daemon/listener.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "place.h"

static struct listener listener;
static char path[96];

static int set_up(void **state)
{
	if (set_up_place(state))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/run/socket", place);
	return listener_open(&listener, path);
}

static int tear_down(void **state)
{
	close(listener.fd);
	close(listener.lock_fd);
	return tear_down_place(state);
}

static int connect_to_it(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void knows_who_connects(void **state)
{
	struct peer peer;
	int fd = connect_to_it();

	(void)state;
	assert_true(listener_accept(&listener, &peer));
	assert_int_equal(peer.pid, getpid());
	assert_int_equal(peer.uid, geteuid());
	assert_true(peer_lives(&peer));
	peer_close(&peer);
	assert_false(listener_accept(&listener, &peer));
	close(fd);
}

/* Its number may be another process's soon. */
static void knows_that_a_process_has_ended(void **state)
{
	struct peer peer;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		(void)connect_to_it();
		_exit(0);
	}
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_true(listener_accept(&listener, &peer));
	assert_false(peer.pidfd >= 0 && peer_lives(&peer));
	peer_close(&peer);
}

static void answers_in_one_line(void **state)
{
	char answer[64];
	struct peer peer;
	int fd = connect_to_it();

	(void)state;
	assert_true(listener_accept(&listener, &peer));
	peer_refuse(&peer, "failed quota no\n");
	assert_int_equal(read(fd, answer, sizeof(answer)), 16);
	assert_int_equal(read(fd, answer, sizeof(answer)), 0);
	close(fd);
}

static void is_one_for_a_socket(void **state)
{
	struct listener second;

	(void)state;
	assert_int_equal(listener_open(&second, path), -EBUSY);
	assert_int_equal(access(path, F_OK), 0);
}

static void takes_the_place_of_a_killed_one(void **state)
{
	struct listener next;

	(void)state;
	close(listener.fd);
	close(listener.lock_fd);
	assert_int_equal(listener_open(&next, path), 0);
	listener = next;
	close(connect_to_it());
}

static void a_directory_of_others_is_refused(void **state)
{
	struct listener other;
	char directory[96], socket[128];

	(void)state;
	(void)snprintf(directory, sizeof(directory), "%s/open", place);
	(void)snprintf(socket, sizeof(socket), "%s/socket", directory);
	assert_int_equal(mkdir(directory, 0700), 0);
	assert_int_equal(chmod(directory, 0777), 0);
	assert_int_equal(listener_open(&other, socket), -EPERM);
	assert_int_equal(listener_open(&other, "/"), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(knows_who_connects, set_up, tear_down),
		cmocka_unit_test_setup_teardown(knows_that_a_process_has_ended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(answers_in_one_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(is_one_for_a_socket, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_the_place_of_a_killed_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_directory_of_others_is_refused, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
