// SPDX-License-Identifier: Apache-2.0
#include "watch/control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union one_descriptor {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

bool control_send(int socket, const void *message, size_t size, int fd)
{
	struct iovec data = { .iov_base = (void *)message, .iov_len = size };
	struct msghdr header = { .msg_iov = &data, .msg_iovlen = 1 };
	union one_descriptor control = {};
	ssize_t n;

	if (fd >= 0) {
		header.msg_control = control.space;
		header.msg_controllen = sizeof(control.space);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	do
		n = sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)size;
}

/* The buffer has room for one descriptor: the kernel closes any others. */
static int descriptor_in(struct msghdr *header)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(header);
	int fd = -1;

	if (control && control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_RIGHTS &&
	    control->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(control), sizeof(fd));
	return fd;
}

ssize_t control_receive(int socket, void *message, size_t size, int *fd)
{
	struct iovec data = { .iov_base = message, .iov_len = size };
	union one_descriptor control = {};
	struct msghdr header = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = CMSG_LEN(sizeof(int)), /* the space has room for two */
	};
	ssize_t n;

	*fd = -1;
	do
		n = recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	*fd = descriptor_in(&header);
	return n;
}
