// SPDX-License-Identifier: Apache-2.0
#include "watch/quota.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process/jvm.h"
#include "process/jvm_threads.h"
#include "process/privileges.h"
#include "process/proc_stat.h"

/* Worker and watchdog of each watch. There may be some more short-lived processes. */
#define PROCESSES_A_WATCH 2

/*
 * Whether a process executes the same file as we. Its parent and name do not matter, because the
 * user can choose both. Zombies are not counted.
 */
static bool is_helper(const char *name, const struct stat *own)
{
	char path[64], state;
	struct stat file;
	int parent;

	if (*name < '0' || *name > '9' || strtol(name, NULL, 10) == getpid())
		return false;
	(void)snprintf(path, sizeof(path), "/proc/%.16s/exe", name);
	if (stat(path, &file) || file.st_dev != own->st_dev || file.st_ino != own->st_ino)
		return false;
	(void)snprintf(path, sizeof(path), "/proc/%.16s/stat", name);
	return proc_stat_read(AT_FDCWD, path, &state, &parent) && state != 'Z' && state != 'X';
}

/* Uses the status file: directories of inaccessible processes seem to belong to root. */
static bool is_of_our_user(const char *name)
{
	struct jvm process = { .tid = (pid_t)strtol(name, NULL, 10) };
	struct jvm_user user;
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%.16s", name);
	process.proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (process.proc_fd < 0)
		return false;
	user = jvm_read_user(&process);
	close(process.proc_fd);
	return user.is_known && user.uid == getuid();
}

bool quota_is_reached(void)
{
	struct dirent *entry;
	struct stat own;
	size_t processes = 0;
	DIR *dir;

	if (!privileges_are_lent())
		return false;
	privileges_raise(); /* their own user can't read them */
	dir = stat("/proc/self/exe", &own) ? NULL : opendir("/proc");
	while (dir && (entry = readdir(dir)))
		processes += is_helper(entry->d_name, &own) && is_of_our_user(entry->d_name);
	privileges_lower();
	if (!dir)
		return true; /* the processes can't be counted */
	closedir(dir);
	return processes >= WATCHES_A_USER * PROCESSES_A_WATCH;
}
