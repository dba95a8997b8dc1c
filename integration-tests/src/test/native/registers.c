// SPDX-License-Identifier: Apache-2.0
/*
 * registers PID: one line for each thread of a process that is stopped by SIGSTOP,
 * which it stays: "tid rip rsp rbp r13 name", numbers but the first hexadecimal.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

static void print_thread(const char *pid, pid_t tid)
{
	struct user_regs_struct regs;
	char path[64], comm[32] = "";
	FILE *file;
	int status;

	if (ptrace(PTRACE_SEIZE, tid, 0, 0) || ptrace(PTRACE_INTERRUPT, tid, 0, 0))
		return;
	waitpid(tid, &status, __WALL);
	if (ptrace(PTRACE_GETREGS, tid, 0, &regs) == 0) {
		snprintf(path, sizeof(path), "/proc/%s/task/%d/comm", pid, tid);
		file = fopen(path, "re");
		if (file && fgets(comm, sizeof(comm), file))
			comm[strcspn(comm, "\n")] = '\0';
		if (file)
			fclose(file);
		printf("%d %llx %llx %llx %llx %s\n", tid, regs.rip, regs.rsp, regs.rbp, regs.r13,
		       comm);
	}
	ptrace(PTRACE_DETACH, tid, 0, 0);
}

int main(int argc, char **argv)
{
	char path[64];
	struct dirent *entry;
	DIR *dir;

	if (argc != 2)
		return 2;
	snprintf(path, sizeof(path), "/proc/%s/task", argv[1]);
	dir = opendir(path);
	if (!dir)
		return 1;
	while ((entry = readdir(dir)))
		if (atoi(entry->d_name) > 0)
			print_thread(argv[1], atoi(entry->d_name));
	closedir(dir);
	return 0;
}
