// SPDX-License-Identifier: Apache-2.0
#include "java/target_files.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/daemonize.h"
#include "base/path_walk.h"
#include "java/protocol.h"
#include "process/jvm_threads.h"
#include "process/sandbox.h"
#include "process/throwaway.h"

#define MAX_FILE (128ULL * 1024 * 1024)
#define MAX_HEAD (1024ULL * 1024)

/* A JVM maps some hundred libraries; more requests are a fault of the reporter. */
#define MAX_REQUESTS 20000

struct server {
	int socket;
	int root, cwd; /* -1: unknown */
};

static bool read_all(int fd, void *to, size_t len)
{
	char *at = to;

	while (len) {
		ssize_t n = read(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

/* A request: the letter, and the path after it. */
static bool read_request(int socket, char *kind, char *path, size_t size)
{
	if (!read_all(socket, kind, 1))
		return false;
	for (size_t len = 0; len < size; len++) {
		if (!read_all(socket, &path[len], 1))
			return false;
		if (!path[len])
			return true;
	}
	return false;
}

static int open_file(const struct server *server, char kind, const char *path)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

	switch (kind) {
	case TARGET_ROOT:
	case TARGET_ROOT_HEAD:
		return server->root < 0 ? -ENOENT : path_open_in_root(server->root, path, flags);
	case TARGET_CWD:
	case TARGET_CWD_HEAD:
		return server->cwd < 0 ? -ENOENT : path_open_beneath(server->cwd, path, flags);
	default:
		return -EINVAL;
	}
}

static bool refuse(int socket, const char *why)
{
	char line[128];
	int len = snprintf(line, sizeof(line), TARGET_NO " %s\n", why);

	return text_write(socket, line, (size_t)len) == 0;
}

static bool send_chunks(int socket, int fd, uint64_t most)
{
	static char buffer[65536];
	uint32_t length;
	ssize_t n = 1;

	while (most && n > 0) {
		n = read(fd, buffer, most < sizeof(buffer) ? most : sizeof(buffer));
		if (n <= 0)
			break;
		most -= (uint64_t)n;
		length = htonl((uint32_t)n);
		if (text_write(socket, (const char *)&length, sizeof(length)) ||
		    text_write(socket, buffer, (size_t)n))
			return false;
	}
	length = 0;
	return text_write(socket, (const char *)&length, sizeof(length)) == 0;
}

static bool answer_request(const struct server *server, int fd, bool head_only)
{
	uint64_t most = head_only ? MAX_HEAD : MAX_FILE;
	struct statfs fs = {};
	struct stat file;
	char line[192];
	int len;

	if (fstat(fd, &file) || fstatfs(fd, &fs))
		return refuse(server->socket, strerror(errno));
	if (!S_ISREG(file.st_mode))
		return refuse(server->socket, "not a regular file");
	len = snprintf(line, sizeof(line), "%s %lld %lld %u %" PRIu64 " %" PRIu64 " %lx\n",
		       (uint64_t)file.st_size > most ? TARGET_CUT : TARGET_OK,
		       (long long)file.st_size,
		       (long long)file.st_mtim.tv_sec * 1000 + file.st_mtim.tv_nsec / 1000000,
		       file.st_uid, (uint64_t)file.st_ino,
		       (uint64_t)fs.f_bavail * (uint64_t)fs.f_bsize, (unsigned long)fs.f_type);
	return text_write(server->socket, line, (size_t)len) == 0 &&
	       send_chunks(server->socket, fd, most);
}

static bool serve_one(const struct server *server)
{
	char kind, path[PATH_MAX];
	bool goes_on;
	int fd;

	if (!read_request(server->socket, &kind, path, sizeof(path)))
		return false;
	(void)alarm(TARGET_FILES_PATIENCE_S);
	fd = open_file(server, kind, path);
	if (fd < 0) {
		goes_on = refuse(server->socket, strerror(-fd));
	} else {
		goes_on = answer_request(server, fd,
					 kind == TARGET_ROOT_HEAD || kind == TARGET_CWD_HEAD);
		close(fd);
	}
	(void)alarm(0);
	return goes_on;
}

void target_files_serve(int socket, int root, int cwd, const struct jvm_user *user)
{
	const struct server server = { socket, root, cwd };
	const int kept[] = { socket, server.root, server.cwd };
	sigset_t ends;

	close_descriptors_except(kept, sizeof(kept) / sizeof(*kept));
	sigemptyset(&ends);
	sigaddset(&ends, SIGALRM);
	sigaddset(&ends, SIGPIPE);
	sigprocmask(SIG_UNBLOCK, &ends, NULL);
	throwaway_act_for(user);
	sandbox_enter(SANDBOX_FILES, 0);
	for (unsigned int i = 0; i < MAX_REQUESTS && serve_one(&server); i++)
		;
	_exit(0);
}
