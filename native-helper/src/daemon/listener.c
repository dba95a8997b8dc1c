// SPDX-License-Identifier: Apache-2.0
#include "daemon/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/path_walk.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5 */
#endif

#define BACKLOG 128

/* The directory of the socket, which only root may write to; its name starts behind *name. */
static int open_directory(const char *path, const char **name)
{
	char directory[PATH_MAX];
	struct stat status;
	int root, fd;

	*name = strrchr(path, '/') + 1;
	if (*path != '/' || !**name ||
	    snprintf(directory, sizeof(directory), "%.*s", (int)(*name - path), path) >=
		    (int)sizeof(directory))
		return -EINVAL;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = path_walk(root, directory, WALK_MAKE | WALK_TRUSTED_LINKS,
		       O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(root);
	if (fd < 0)
		return fd;
	if (fstat(fd, &status) || status.st_uid != geteuid() ||
	    (status.st_mode & (S_IWGRP | S_IWOTH))) {
		close(fd);
		return -EPERM;
	}
	return fd;
}

static int take_lock(int directory, const char *name)
{
	char lock[NAME_MAX];
	int fd;

	(void)snprintf(lock, sizeof(lock), "%.200s.lock", name);
	fd = openat(directory, lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	close(fd);
	return -EBUSY;
}

/* Binds below a descriptor, because the path may be longer than a socket's address. */
static int bind_in(int socket, int directory, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", directory,
		     name) >= (int)sizeof(address.sun_path))
		return -ENAMETOOLONG;
	(void)unlinkat(directory, name, 0); /* of a daemon that was killed: we have the lock */
	if (bind(socket, (struct sockaddr *)&address, sizeof(address)) ||
	    fchmodat(directory, name, 0666, 0) || listen(socket, BACKLOG))
		return -errno;
	return 0;
}

int listener_open(struct listener *listener, const char *path)
{
	const char *name;
	int directory = open_directory(path, &name), err = 0;

	*listener = (struct listener) { .fd = -1, .lock_fd = -1 };
	if (directory < 0)
		return directory;
	listener->lock_fd = take_lock(directory, name);
	if (listener->lock_fd < 0)
		err = listener->lock_fd;
	else
		(void)fchmod(directory, 0755); /* agents of every user come here */
	if (!err)
		listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (!err)
		err = listener->fd < 0 ? -errno : bind_in(listener->fd, directory, name);
	close(directory);
	return err;
}

bool listener_accept(const struct listener *listener, struct peer *peer)
{
	struct ucred credentials = {};
	socklen_t size = sizeof(credentials);

	*peer = (struct peer) { .fd = -1, .pidfd = -1 };
	peer->fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (peer->fd < 0)
		return false;
	if (getsockopt(peer->fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0) {
		peer->pid = credentials.pid;
		peer->uid = credentials.uid;
	}
	size = sizeof(peer->pidfd);
	if (getsockopt(peer->fd, SOL_SOCKET, SO_PEERPIDFD, &peer->pidfd, &size)) {
		peer->pidfd = -1;
		if (errno != ENOPROTOOPT) /* it has ended: its number may be another's */
			peer->pid = 0;
	}
	return true;
}

bool peer_lives(const struct peer *peer)
{
	struct pollfd end = { .fd = peer->pidfd, .events = POLLIN };

	return peer->pid > 0 && (peer->pidfd < 0 || poll(&end, 1, 0) == 0);
}

void peer_refuse(struct peer *peer, const char *answer)
{
	(void)send(peer->fd, answer, strlen(answer), MSG_DONTWAIT | MSG_NOSIGNAL);
	peer_close(peer);
}

void peer_close(struct peer *peer)
{
	if (peer->fd >= 0)
		close(peer->fd);
	if (peer->pidfd >= 0)
		close(peer->pidfd);
	*peer = (struct peer) { .fd = -1, .pidfd = -1 };
}
