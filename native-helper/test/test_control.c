// SPDX-License-Identifier: Apache-2.0
#include "watch/control.h"

#include <errno.h>
#include <sys/socket.h>

#include "test.h"

static int ends[2];

static int set_up(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

static int tear_down(void **state)
{
	(void)state;
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void a_message_arrives_with_its_descriptor(void **state)
{
	int pipe_ends[2], fd;
	char got = 0;

	(void)state;
	assert_int_equal(pipe2(pipe_ends, O_CLOEXEC), 0);
	assert_true(control_send(ends[0], "a", 1, pipe_ends[1]));
	assert_int_equal(control_receive(ends[1], &got, 1, &fd), 1);
	assert_int_equal(got, 'a');
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(read(pipe_ends[0], &got, 1), 1);
	assert_int_equal(got, 'x');
	close(fd);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
}

static void what_a_watch_tells(void **state)
{
	struct control_message message = { .kind = CONTROL_IS_JVM, .text = "full" };
	int fd;

	(void)state;
	assert_true(control_send(ends[0], &message, sizeof(message), -1));
	memset(&message, 0, sizeof(message));
	assert_int_equal(control_receive(ends[1], &message, sizeof(message), &fd), sizeof(message));
	assert_int_equal(message.kind, CONTROL_IS_JVM);
	assert_string_equal(message.text, "full");
	assert_int_equal(fd, -1);
}

/* Neither end waits for the other one. */
static void nothing_blocks(void **state)
{
	const struct control_message message = { .kind = CONTROL_IS_JVM };
	char byte;
	int fd;

	(void)state;
	assert_int_equal(control_receive(ends[1], &byte, 1, &fd), -EAGAIN);
	for (int i = 0; i < 100000; i++)
		if (!control_send(ends[0], &message, sizeof(message), -1))
			break;
	assert_false(control_send(ends[0], &message, sizeof(message), -1));
	close(ends[1]);
	ends[1] = -1;
	assert_false(control_send(ends[0], &message, sizeof(message), -1));
	assert_int_equal(control_receive(ends[0], &byte, 1, &fd), 0);
}

/* More descriptors than one are not taken. */
static void many_descriptors_leave_nothing_open(void **state)
{
	int before = count_descriptors(), fds[3] = { STDERR_FILENO, STDERR_FILENO, STDERR_FILENO };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(fds))];
	} control = {};
	struct iovec data = { .iov_base = "a", .iov_len = 1 };
	struct msghdr header = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	char got;
	int fd;

	(void)state;
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(&control.header), fds, sizeof(fds));
	assert_int_equal(sendmsg(ends[0], &header, 0), 1);
	(void)control_receive(ends[1], &got, 1, &fd);
	if (fd >= 0)
		close(fd);
	assert_int_equal(count_descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_message_arrives_with_its_descriptor, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_a_watch_tells, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_blocks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_descriptors_leave_nothing_open, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
