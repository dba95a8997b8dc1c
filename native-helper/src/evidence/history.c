// SPDX-License-Identifier: Apache-2.0
#include "evidence/history.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/path_walk.h"
#include "evidence/grant.h"

#define FILE_NAME "history.ndjson"
#define FULL_NAME "history-1.ndjson"
#define MAX_SIZE (1 << 20)

int store_open_user(const char *store, uid_t user)
{
	char name[16];
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), parent, fd;

	parent = path_walk(root, store, WALK_MAKE | WALK_TRUSTED_LINKS,
			   O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(root);
	if (parent < 0)
		return parent;
	(void)fchmod(parent, 0711); /* users find their own directory, but do not list others */
	(void)snprintf(name, sizeof(name), "%u", user);
	(void)mkdirat(parent, name, 0700);
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	close(parent);
	if (fd >= 0 && user && !store_grant_names(fd, user))
		(void)fchmod(fd, 0755); /* the reports themselves are private */
	return fd;
}

static void write_time(struct json *json)
{
	time_t now = time(NULL);
	char stamp[32] = "";
	struct tm utc;

	gmtime_r(&now, &utc);
	(void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &utc);
	json_string(json, "time", stamp);
}

static void write_line(struct json *json, const struct history_line *line)
{
	write_time(json);
	json_int(json, "pid", line->pid);
	json_string(json, "event", line->event);
	if (line->has_status)
		json_int(json, "status", line->status);
	json_string(json, "name", line->name);
	json_string(json, "cgroup", line->cgroup);
	json_end_line(json);
}

static int open_file(int user_directory)
{
	int fd = openat(user_directory, FILE_NAME,
			O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) || status.st_size < MAX_SIZE)
		return fd;
	close(fd);
	(void)renameat(user_directory, FILE_NAME, user_directory, FULL_NAME);
	return openat(user_directory, FILE_NAME,
		      O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
}

int history_add(int user_directory, const struct history_line *line)
{
	int fd = open_file(user_directory), err;
	struct text text = {};
	struct json json;

	if (fd < 0)
		return -errno;
	json_begin_line(&json, &text);
	write_line(&json, line);
	err = text.failed ? -ENOMEM : text_write(fd, text.data, text.len);
	text_free(&text);
	if (line->user)
		store_grant_file(fd, line->user);
	close(fd);
	return err;
}
