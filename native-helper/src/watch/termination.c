// SPDX-License-Identifier: Apache-2.0
#include "watch/termination.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/daemonize.h"
#include "base/path_walk.h"
#include "process/pod.h"
#include "process/sandbox.h"
#include "process/throwaway.h"

#define MAX_MOUNTS (4 * 1024 * 1024)
#define USUAL_PATH "/dev/termination-log"
#define PATIENCE_S 2 /* for its disk */

/* ---- where it is --------------------------------------------------------------- */

/* Whether a file is the kubelet's ".../pods/UID/containers/NAME/HASH". */
static bool is_kubelets(const char *file)
{
	const char *uid = strstr(file, "/pods/");
	const char *name = uid ? strstr(uid, "/containers/") : NULL;
	const char *end;

	if (!name || !pod_is_uid(uid + 6, (size_t)(name - uid) - 6))
		return false;
	name += strlen("/containers/");
	end = strchr(name, '/');
	return end && pod_is_name(name, (size_t)(end - name)) && end[1] && !strchr(end + 1, '/');
}

/*
 * "ID PARENT DEVICE FILE MOUNTPOINT ..." (proc(5)). A path with a blank or a backslash would be
 * escaped, and is not looked at.
 */
static bool is_mount_of_message(const char *line, char *path, size_t size)
{
	char file[PATH_MAX], point[PATH_MAX];

	if (sscanf(line, "%*s %*s %*s %4095s %4095s", file, point) != 2 || strchr(point, '\\') ||
	    (!is_kubelets(file) && strcmp(point, USUAL_PATH) != 0))
		return false;
	return snprintf(path, size, "%s", point) < (int)size;
}

static bool find_mount(const struct jvm *jvm, char *path, size_t size)
{
	struct text mounts = {};
	char *rest = NULL, name[48];
	bool found = false;

	(void)snprintf(name, sizeof(name), "task/%d/mountinfo", jvm->tid);
	(void)text_read_file(&mounts, jvm->proc_fd, name, MAX_MOUNTS);
	text_append(&mounts, "", 1);
	for (char *line = mounts.len ? strtok_r(mounts.data, "\n", &rest) : NULL; line && !found;
	     line = strtok_r(NULL, "\n", &rest))
		found = is_mount_of_message(line, path, size);
	text_free(&mounts);
	return found;
}

bool termination_find(const struct config *config, const struct jvm *jvm, char *path, size_t size)
{
	const char *wanted = config->termination_message;

	*path = '\0';
	if (!wanted)
		wanted = config->is_for_tenant ? "auto" : "off";
	if (*wanted == '/')
		return snprintf(path, size, "%s", wanted) < (int)size;
	return strcmp(wanted, "auto") == 0 && find_mount(jvm, path, size);
}

/* ---- writing it ------------------------------------------------------------------ */

/*
 * Opens it in two steps, because to open a device may do something. It is not created: whoever
 * wants a message has made the file.
 */
static int open_plain(int root, const char *path)
{
	int found = path_open_in_root(root, path, O_PATH | O_NOFOLLOW);
	struct stat file;
	char again[32];

	if (found < 0 || fstat(found, &file) || !S_ISREG(file.st_mode) || file.st_nlink != 1)
		return -1;
	(void)snprintf(again, sizeof(again), "/proc/self/fd/%d", found);
	return open(again, O_WRONLY | O_TRUNC | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static void be_writer(const struct evidence *evidence, const char *path, const char *message)
{
	const int kept[] = { evidence->jvm->root_fd };
	size_t len = strnlen(message, TERMINATION_MAX);
	sigset_t ends;
	int fd;

	close_descriptors_except(kept, 1);
	sigemptyset(&ends);
	sigaddset(&ends, SIGALRM);
	sigaddset(&ends, SIGXFSZ);
	(void)sigprocmask(SIG_UNBLOCK, &ends, NULL);
	throwaway_act_for(&evidence->user);
	sandbox_enter(SANDBOX_MESSAGE, 0);
	(void)alarm(PATIENCE_S);
	fd = open_plain(evidence->jvm->root_fd, path);
	/* not _exit(), before which ASan makes a call that is refused here */
	(void)syscall(SYS_exit_group, fd < 0 || text_write(fd, message, len));
}

/* Kills it at the deadline: its disk may hang. */
static bool await(pid_t writer, uint64_t deadline_ns)
{
	struct pollfd end = { .fd = (int)syscall(SYS_pidfd_open, writer, 0), .events = POLLIN };
	uint64_t now = monotonic_ns();
	int status = -1;

	if (end.fd < 0 || now >= deadline_ns ||
	    poll(&end, 1, (int)((deadline_ns - now) / NANOS_PER_MILLI)) != 1)
		(void)kill(writer, SIGKILL);
	if (end.fd >= 0)
		close(end.fd);
	/* one that does not die at once is reaped later, with the other children */
	return waitpid(writer, &status, WNOHANG) == writer && status == 0;
}

bool termination_write(const struct evidence *evidence, const char *path, const char *message,
		       uint64_t deadline_ns)
{
	pid_t writer;

	if (evidence->jvm->root_fd < 0)
		return false;
	writer = fork();
	if (writer == 0)
		be_writer(evidence, path, message);
	return writer > 0 && await(writer, deadline_ns);
}

/* ---- its content ----------------------------------------------------------------- */

size_t termination_first_screen(const struct evidence *evidence, char *message, size_t size)
{
	size_t most = size - 1 < TERMINATION_MAX ? size - 1 : TERMINATION_MAX;
	int fd = openat(evidence->dir_fd, "report.txt", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, message, most);
	char *end;

	if (fd >= 0)
		close(fd);
	message[n > 0 ? n : 0] = '\0';
	end = strstr(message, "\n\n"); /* an empty line follows the first screen */
	if (!end)
		end = strrchr(message, '\n');
	if (!end)
		return 0;
	end[1] = '\0';
	return (size_t)(end + 1 - message);
}
