// SPDX-License-Identifier: Apache-2.0
#include "process/pod.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_NAMES 20000 /* of a directory; a node has some hundred pods */
#define MAX_DEPTH 32 /* of a cgroup */

/* ---- the path of the cgroup ------------------------------------------------------ */

/* A part of the path, or of one of its names. */
struct part {
	const char *at;
	size_t len;
};

static bool ends_with(struct part part, const char *end)
{
	size_t len = strlen(end);

	return part.len >= len && memcmp(part.at + part.len - len, end, len) == 0;
}

static bool begins_with(struct part part, const char *begin)
{
	size_t len = strlen(begin);

	return part.len >= len && memcmp(part.at, begin, len) == 0;
}

static struct part behind(struct part part, size_t len)
{
	return (struct part) { part.at + len, part.len - len };
}

static bool next_part(struct part *path, struct part *part)
{
	const char *end;

	while (path->len && *path->at == '/')
		*path = behind(*path, 1);
	end = path->len ? memchr(path->at, '/', path->len) : NULL;
	*part = (struct part) { path->at, end ? (size_t)(end - path->at) : path->len };
	*path = behind(*path, part->len);
	return part->len;
}

static bool are_hex(struct part part)
{
	for (size_t i = 0; i < part.len; i++)
		if (!isxdigit((unsigned char)part.at[i]))
			return false;
	return true;
}

bool pod_is_uid(const char *uid, unsigned long len)
{
	static const size_t groups[] = { 8, 4, 4, 4, 12 };
	size_t at = 0;

	if (len == 32) /* a static pod's: a hash */
		return are_hex((struct part) { uid, len });
	for (size_t i = 0; len == 36 && i < 5; i++) {
		if (!are_hex((struct part) { uid + at, groups[i] }) ||
		    (i < 4 && uid[at + groups[i]] != '-'))
			return false;
		at += groups[i] + 1;
	}
	return len == 36;
}

static bool take_uid(struct pod *pod, struct part uid)
{
	if (uid.len >= sizeof(pod->uid))
		return false;
	(void)snprintf(pod->uid, sizeof(pod->uid), "%.*s", (int)uid.len, uid.at);
	for (char *c = pod->uid; *c; c++) /* systemd's names have no other dashes */
		*c = *c == '_' ? '-' : *c;
	if (pod_is_uid(pod->uid, uid.len))
		return true;
	*pod->uid = '\0';
	return false;
}

/* "...-ID.scope" of the systemd driver, "ID" of the cgroupfs driver */
static void take_container(struct pod *pod, struct part name)
{
	const char *dash;

	if (ends_with(name, ".scope"))
		name.len -= strlen(".scope");
	dash = memrchr(name.at, '-', name.len);
	if (dash)
		name = behind(name, (size_t)(dash + 1 - name.at));
	if (name.len == CONTAINER_ID_LEN - 1 && are_hex(name))
		(void)snprintf(pod->container_id, sizeof(pod->container_id), "%.*s", (int)name.len,
			       name.at);
}

/*
 * "kubepods[-QOS]-podUID.slice" of the systemd driver. containerd that was not told of it makes
 * "kubepods[-QOS]-podUID.slice:cri-containerd:ID", in a cgroup of its own.
 */
static bool take_slice(struct pod *pod, struct part name)
{
	const char *slice = memmem(name.at, name.len, ".slice", 6);
	const char *begin = memmem(name.at, name.len, "kubepods", 8);
	struct part rest;
	const char *uid;

	if (!slice || !begin || begin > slice || (begin > name.at && begin[-1] != '-'))
		return false;
	uid = memmem(begin, (size_t)(slice - begin), "-pod", 4);
	if (!uid || !take_uid(pod, (struct part) { uid + 4, (size_t)(slice - uid) - 4 }))
		return false;
	rest = behind(name, (size_t)(slice - name.at) + 6);
	if (begins_with(rest, ":cri-containerd:"))
		take_container(pod, behind(rest, strlen(":cri-containerd:")));
	return true;
}

/*
 * The outermost pod is the kubelet's: further in, a container may have made any cgroup. So may
 * users in the slice of their own.
 */
bool pod_of_cgroup(struct pod *pod, const char *path)
{
	struct part rest = { path, strlen(path) }, part;
	bool is_below_kubepods = false, found = false;

	memset(pod, 0, sizeof(*pod));
	if (begins_with(rest, "/user.slice/"))
		return false;
	for (unsigned int i = 0; i < MAX_DEPTH && !found && next_part(&rest, &part); i++) {
		found = take_slice(pod, part) || (is_below_kubepods && begins_with(part, "pod") &&
						  take_uid(pod, behind(part, 3)));
		is_below_kubepods |= part.len == 8 && begins_with(part, "kubepods");
	}
	if (found && !*pod->container_id && next_part(&rest, &part))
		take_container(pod, part);
	return found;
}

/* ---- the names ------------------------------------------------------------------- */

bool pod_is_name(const char *name, unsigned long len)
{
	for (unsigned long i = 0; i < len; i++)
		if (!islower((unsigned char)name[i]) && !isdigit((unsigned char)name[i]) &&
		    name[i] != '-' && name[i] != '.')
			return false;
	return len;
}

static bool copy_name(char *to, size_t size, const char *name, size_t len)
{
	if (len >= size || !pod_is_name(name, len))
		return false;
	(void)snprintf(to, size, "%.*s", (int)len, name);
	return true;
}

static DIR *open_list(int at, const char *name, int flags)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

/* "NAMESPACE_POD_UID": neither of the names has an underscore. */
static bool take_names(struct pod *pod, const char *entry)
{
	const char *first = strchr(entry, '_');
	const char *second = first ? strchr(first + 1, '_') : NULL;

	return second && strcmp(second + 1, pod->uid) == 0 &&
	       copy_name(pod->namespace, sizeof(pod->namespace), entry, (size_t)(first - entry)) &&
	       copy_name(pod->name, sizeof(pod->name), first + 1, (size_t)(second - first) - 1);
}

/* Finds the directory of the pod's logs, and its names in that of the directory. */
static DIR *open_logs(struct pod *pod, int log_fd)
{
	DIR *pods = open_list(log_fd, "pods", 0), *logs = NULL;
	struct dirent *entry;

	for (unsigned int i = 0; pods && i < MAX_NAMES && !logs && (entry = readdir(pods)); i++)
		if (take_names(pod, entry->d_name))
			logs = open_list(dirfd(pods), entry->d_name, O_NOFOLLOW);
	if (pods)
		closedir(pods);
	return logs;
}

/* The kubelet's link "POD_NAMESPACE_CONTAINER-ID.log", whose name tells all that is asked. */
static bool take_link(struct pod *pod, const char *entry)
{
	char begin[POD_NAME_LEN + POD_LABEL_LEN + 2], end[CONTAINER_ID_LEN + 8];
	size_t len = strlen(entry), before, after;

	before = (size_t)snprintf(begin, sizeof(begin), "%s_%s_", pod->name, pod->namespace);
	after = (size_t)snprintf(end, sizeof(end), "-%s.log", pod->container_id);
	return len > before + after && strncmp(entry, begin, before) == 0 &&
	       strcmp(entry + len - after, end) == 0 &&
	       copy_name(pod->container, sizeof(pod->container), entry + before,
			 len - before - after);
}

static void find_link(struct pod *pod, int log_fd)
{
	DIR *links = *pod->container_id ? open_list(log_fd, "containers", 0) : NULL;
	struct dirent *entry;

	for (unsigned int i = 0; links && i < MAX_NAMES && (entry = readdir(links)); i++)
		if (take_link(pod, entry->d_name))
			break;
	if (links)
		closedir(links);
}

/* Whether one of a container's logs is a link to the log of this container: Docker's are. */
static bool has_log_of(const struct pod *pod, int at, const char *container)
{
	DIR *logs = open_list(at, container, O_NOFOLLOW);
	char target[PATH_MAX];
	struct dirent *entry;
	bool has = false;

	for (unsigned int i = 0; logs && i < MAX_NAMES && !has && (entry = readdir(logs)); i++) {
		ssize_t len = readlinkat(dirfd(logs), entry->d_name, target, sizeof(target));

		has = len > 0 &&
		      memmem(target, (size_t)len, pod->container_id, strlen(pod->container_id));
	}
	if (logs)
		closedir(logs);
	return has;
}

/* By a log that is the container's; or the pod has but one. */
static void find_directory(struct pod *pod, DIR *logs)
{
	char only[POD_LABEL_LEN] = "";
	unsigned int count = 0;
	struct dirent *entry;

	for (unsigned int i = 0; i < MAX_NAMES && (entry = readdir(logs)); i++) {
		const char *name = entry->d_name;

		if (!pod_is_name(name, strlen(name)) || *name == '.')
			continue;
		if (*pod->container_id && has_log_of(pod, dirfd(logs), name) &&
		    copy_name(pod->container, sizeof(pod->container), name, strlen(name)))
			return;
		count++;
		(void)copy_name(only, sizeof(only), name, strlen(name));
	}
	if (count == 1)
		(void)snprintf(pod->container, sizeof(pod->container), "%s", only);
}

void pod_find_names(struct pod *pod, int log_fd)
{
	DIR *logs = open_logs(pod, log_fd);

	if (!logs)
		return;
	find_link(pod, log_fd);
	if (!*pod->container)
		find_directory(pod, logs);
	closedir(logs);
}
