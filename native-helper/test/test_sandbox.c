// SPDX-License-Identifier: Apache-2.0
#include "process/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define MIB (1024UL * 1024)
#define X32 0x40000000

/* Each of the calls would succeed, or fail with another error, were it not for the filter. */
#define CHILD_ASSERT_REFUSED(...) CHILD_ASSERT(syscall(__VA_ARGS__) == -1 && errno == EPERM)

static int skip_without_seccomp(void **state)
{
	(void)state;
	if (prctl(PR_GET_SECCOMP) < 0) {
		print_message("skipped: this kernel has no seccomp(2)\n");
		skip();
	}
	return 0;
}

/* Not _exit(), at which ASan makes a call that is refused here. */
static void end_child(void)
{
	(void)syscall(SYS_exit_group, 0);
}

static int open_scratch(void)
{
	char path[] = "/tmp/jmortem-test-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);

	CHILD_ASSERT(fd >= 0 && unlink(path) == 0);
	CHILD_ASSERT(write(fd, "content", 7) == 7);
	return fd;
}

/* What neither of the two may that read what somebody else has written. */
static void check_refused_to_readers(void)
{
	CHILD_ASSERT_REFUSED(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	CHILD_ASSERT_REFUSED(SYS_execve, "/jmortem/none", NULL, NULL);
	CHILD_ASSERT_REFUSED(SYS_clone, (unsigned long)SIGCHLD, 0UL, 0UL, 0UL, 0UL);
	CHILD_ASSERT_REFUSED(SYS_fork);
	CHILD_ASSERT_REFUSED(SYS_kill, getppid(), 0);
	CHILD_ASSERT_REFUSED(SYS_ptrace, PTRACE_TRACEME, 0, 0UL, 0UL);
	CHILD_ASSERT_REFUSED(SYS_setresuid, -1, -1, -1);
	CHILD_ASSERT_REFUSED(SYS_prctl, PR_GET_DUMPABLE, 0UL, 0UL, 0UL, 0UL);
	CHILD_ASSERT_REFUSED(SYS_unlink, "/jmortem/none");
	CHILD_ASSERT_REFUSED(X32 | SYS_read, -1, NULL, 0UL);
	CHILD_ASSERT(mmap(NULL, 512 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			  0) == MAP_FAILED);
}

static void be_parser(void *context)
{
	int fd = open_scratch(), ends[2];
	char byte;

	(void)context;
	CHILD_ASSERT(pipe(ends) == 0);
	sandbox_enter(SANDBOX_PARSER, 0);
	CHILD_ASSERT_REFUSED(SYS_openat, AT_FDCWD, "/", O_RDONLY);
	CHILD_ASSERT_REFUSED(SYS_open, "/", O_RDONLY);
	check_refused_to_readers();
	CHILD_ASSERT(pread(fd, &byte, 1, 3) == 1 && byte == 't');
	CHILD_ASSERT(write(ends[1], "x", 1) == 1 && read(ends[0], &byte, 1) == 1);
	end_child();
}

static void a_parser_has_but_what_is_open(void **state)
{
	(void)state;
	assert_int_equal(run_in_child(be_parser, NULL), 0);
}

static void open_files(void *context)
{
	char byte;
	int fd;

	(void)context;
	sandbox_enter(SANDBOX_FILES, 0);
	fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	CHILD_ASSERT(fd >= 0 && read(fd, &byte, 1) == 1);
	close(fd);
	check_refused_to_readers();
	end_child();
}

static void who_opens_files_can_do_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(run_in_child(open_files, NULL), 0);
}

static void write_as_parser(void *context)
{
	int fd = open_scratch();

	(void)context;
	sandbox_enter(SANDBOX_PARSER, 0);
	(void)!write(fd, "more", 4);
	end_child();
}

static void write_as_opener(void *context)
{
	int fd = open_scratch();

	(void)context;
	sandbox_enter(SANDBOX_FILES, 0);
	(void)!write(fd, "more", 4);
	end_child();
}

/* The kernel ends whoever goes beyond the size of files that it may write. */
static void readers_can_not_write_files(void **state)
{
	int status = run_in_child(write_as_parser, NULL);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGXFSZ);
	status = run_in_child(write_as_opener, NULL);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGXFSZ);
}

static void be_java(void *context)
{
	struct rlimit most;

	(void)context;
	sandbox_enter(SANDBOX_JAVA, 0);
	CHILD_ASSERT_REFUSED(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	CHILD_ASSERT_REFUSED(SYS_ptrace, PTRACE_TRACEME, 0, 0UL, 0UL);
	CHILD_ASSERT_REFUSED(SYS_unshare, 0);
	CHILD_ASSERT_REFUSED(SYS_kcmp, getpid(), getpid(), 0, 0UL, 0UL);
	CHILD_ASSERT_REFUSED(SYS_process_vm_readv, getpid(), NULL, 0UL, NULL, 0UL, 0UL);
	CHILD_ASSERT_REFUSED(SYS_mknodat, AT_FDCWD, "/jmortem/none", S_IFIFO | 0600, 0);
	CHILD_ASSERT_REFUSED(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1);
	CHILD_ASSERT_REFUSED(X32 | SYS_getpid);
	CHILD_ASSERT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	CHILD_ASSERT(getrlimit(RLIMIT_CORE, &most) == 0 && most.rlim_max == 0);
	CHILD_ASSERT(getrlimit(RLIMIT_DATA, &most) == 0 && most.rlim_max <= 1024 * MIB);
	CHILD_ASSERT(getrlimit(RLIMIT_FSIZE, &most) == 0 && most.rlim_max <= 1024 * MIB);
}

static void java_can_not_reach_other_processes(void **state)
{
	(void)state;
	assert_int_equal(run_in_child(be_java, NULL), 0);
}

static void run_as_java(void *context)
{
	int status = -1, ends[2];
	pid_t pid;

	(void)context;
	sandbox_enter(SANDBOX_JAVA, 0);
	CHILD_ASSERT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0); /* the JDK needs one */
	pid = fork();
	if (pid == 0) {
		/* what it executes is held to the same */
		(void)execl("/bin/sh", "sh", "-c", "test $(ulimit -c) = 0", NULL);
		_exit(98);
	}
	CHILD_ASSERT(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
}

static void java_can_be_executed(void **state)
{
	(void)state;
	assert_int_equal(run_in_child(run_as_java, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_parser_has_but_what_is_open, skip_without_seccomp),
		cmocka_unit_test_setup(who_opens_files_can_do_nothing_else, skip_without_seccomp),
		cmocka_unit_test(readers_can_not_write_files),
		cmocka_unit_test_setup(java_can_not_reach_other_processes, skip_without_seccomp),
		cmocka_unit_test(java_can_be_executed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
