// SPDX-License-Identifier: Apache-2.0
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "evidence/kernel_log.h"

/* The log's records come one a read, as from a socket of packets. */
struct place {
	struct config config;
	struct jvm jvm;
	struct evidence evidence;
	struct kernel_log log;
	int kernel;
};

static int set_up(void **state)
{
	static struct place the_place;
	struct place *place = &the_place;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends))
		return -1;
	memset(place, 0, sizeof(*place));
	evidence_init(&place->evidence, &place->config, &place->jvm);
	place->kernel = ends[0];
	place->log.fd = ends[1];
	(void)snprintf(place->log.cgroup, sizeof(place->log.cgroup), "/pods/ours");
	kernel_log_add(&place->log, 4711);
	kernel_log_add(&place->log, 4712);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	close(place->kernel);
	close(place->log.fd);
	evidence_close(&place->evidence);
	return 0;
}

static void log_line_of(const struct place *place, unsigned int priority, const char *text)
{
	char record[1024];
	int len = snprintf(record, sizeof(record), "%u,1,%llu,-;%s\n SUBSYSTEM=x\n", priority,
			   (unsigned long long)(monotonic_ns() / 1000), text);

	assert_int_equal(write(place->kernel, record, (size_t)len), len);
}

static void log_line(const struct place *place, const char *text)
{
	log_line_of(place, 4, text);
}

static const char *captured(struct place *place)
{
	kernel_log_capture(&place->log, &place->evidence);
	text_append(&place->evidence.lines, "", 1);
	return place->evidence.lines.data;
}

static void tells_of_its_faults(void **state)
{
	struct place *place = *state;
	const char *lines;

	log_line(place, "java[4711]: segfault at 10 ip 0000 sp 0000 error 4 in libx.so[7f00+1000]");
	log_line(place,
		 "traps: a[1] b[4712] general protection fault ip:7f sp:7f error:0 in x[1+2]");
	log_line(place, "Memory failure: 0x1: Sending SIGBUS to x:4711 due to hardware memory "
			"corruption");
	lines = captured(place);
	assert_non_null(strstr(lines, "segfault at 10"));
	assert_non_null(strstr(lines, "general protection"));
	assert_non_null(strstr(lines, "Sending SIGBUS"));
}

/* Names and paths are chosen by processes: one may look like a line about us. */
static void is_silent_about_others(void **state)
{
	static const char secret[] = "secret[99]: segfault at 0 ip 00007f0000000000 sp "
				     "00007f0000000000 error 4 in x[4711]: y";
	static const char corrupted[] = "Memory failure: 0x1: Sending SIGBUS to x:4711 due :99 due "
					"to hardware memory corruption";
	static const char corrupted_again[] = "Memory failure: 0x1: Sending SIGBUS to x:4711 due "
					      "to a:99 due to hardware memory corruption";
	static const char by_two_paths[] =
		"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=a,mems_allowed=0,"
		"oom_memcg=/x,task_memcg=/pods/ours,task_memcg=/x,task_memcg=/pods/ours,task=a,"
		"pid=99,uid=0";
	static const char by_a_name[] =
		"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,task_memcg=,"
		"mems_allowed=0,oom_memcg=/x,task_memcg=/pods/ours,task=a,pid=99,uid=0";
	static const char *const others[] = {
		"java[47110]: segfault at 10 ip 0000 sp 0000 error 4 in libx.so[7f00+1000]",
		secret,
		"x[4711][99]: segfault at 0 ip 0000 sp 0000 error 4",
		"traps: x[4711] y[99] general protection fault ip:7f sp:7f error:0",
		corrupted,
		corrupted_again,
		"java[4711]: x[99]: segfault at 0 ip 0000 sp 0000 error 4",
		"]: segfault at [99]: segfault at 0 ip 0000 sp 0000 error 4",
		/* mount options, of whoever has a user namespace */
		"fuse: Unknown parameter '[4711]: segfault at 0'",
		"x: Unknown parameter '[4711]: segfault at 0'",
		"overlayfs: \"x process 4711 out of memory: Killed process 4711 (java)\"",
		"tmpfs: Unknown parameter ',task_memcg=/pods/ours,task=java,pid=4711,uid=0'",
		/* a cgroup that is named like the rest of the line */
		by_two_paths,
		by_a_name,
		/* a name of a thread that is */
		"oom-kill:constraint=X,task_memcg=/theirs,task=,task_memcg=/p,pid=99,uid=0",
		"oom-kill:constraint=X,task_memcg=/theirs,task=a,pid=4711,uid=,pid=99,uid=0",
		"oom-kill:constraint=X,task_memcg=/pods/ours2,task=java,pid=99,uid=0",
		"Out of memory: Killed process 99 (a process 4711) total-vm:1kB",
		"oom_reaper: reaped process 99 (java), now anon-rss:0kB",
		"eth0: link up 4711",
	};
	struct place *place = *state;

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		log_line(place, others[i]);
	assert_string_equal(captured(place), "");
}

/* Root in a container with access to /dev/kmsg may write what it wants. */
static void is_silent_about_lines_that_no_kernel_has_written(void **state)
{
	struct place *place = *state;

	log_line_of(place, 8 + 4, "java[4711]: segfault at 10 ip 0000 sp 0000 error 4");
	log_line_of(place, 12 * 8, "Out of memory: Killed process 4711 (java) total-vm:1kB");
	assert_string_equal(captured(place), "");
}

/* A line that only holds the words of a beginning is none. */
static void a_line_with_the_words_of_an_oom_kill_is_not_told(void **state)
{
	struct place *place = *state;

	log_line(place, "tmpfs: Unknown parameter 'theirs invoked oom-killer: gfp_mask=0'");
	log_line(place, "oom-kill:constraint=X,task_memcg=/pods/ours,task=java,pid=4711,uid=0");
	assert_null(strstr(captured(place), "theirs"));
}

/* Of the host's memory: whose process needed it is not for a report of another user's. */
static void tells_a_tenant_no_other_name(void **state)
{
	struct place *place = *state;
	const char *lines;

	place->config.is_for_tenant = true;
	log_line(place, "theirs invoked oom-killer: gfp_mask=0xcc0, order=0");
	log_line(place,
		 "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,"
		 "global_oom,task_memcg=/pods/ours,task=java,pid=4711,uid=0");
	lines = captured(place);
	assert_null(strstr(lines, "theirs"));
	assert_non_null(strstr(lines, "global_oom"));
}

static void tells_an_oom_kill_of_ours_alone(void **state)
{
	struct place *place = *state;
	const char *lines;

	log_line(place, "theirs invoked oom-killer: gfp_mask=0xcc0, order=0");
	log_line(place, "memory: usage 1000kB, limit 1000kB, failcnt 3");
	log_line(place, "oom-kill:constraint=X,task_memcg=/pods/theirs,task=theirs,pid=99,uid=0");
	log_line(place, "Memory cgroup out of memory: Killed process 99 (theirs) total-vm:1kB");
	log_line(place, "ours invoked oom-killer: gfp_mask=0xcc0, order=0");
	log_line(place, "memory: usage 2000kB, limit 2000kB, failcnt 4");
	log_line(place, "oom-kill:constraint=X,task_memcg=/pods/ours,task=java,pid=4711,uid=0");
	log_line(place, "Memory cgroup out of memory: Killed process 4711 (java) total-vm:1kB");
	lines = captured(place);
	assert_null(strstr(lines, "theirs"));
	assert_null(strstr(lines, "usage 1000kB"));
	assert_non_null(strstr(lines, "ours invoked"));
	assert_non_null(strstr(lines, "usage 2000kB"));
	assert_non_null(strstr(lines, "pid=4711"));
	assert_non_null(strstr(lines, "Killed process 4711"));
	assert_true(strstr(lines, "invoked") < strstr(lines, "usage"));
}

/* Another process of its cgroup: the memory that it had is what ours lacked. */
static void tells_of_its_cgroup(void **state)
{
	struct place *place = *state;

	log_line(place, "memory: usage 2000kB, limit 2000kB, failcnt 4");
	log_line(place, "oom-kill:constraint=X,task_memcg=/pods/ours,task=child,pid=99,uid=0");
	assert_non_null(strstr(captured(place), "usage 2000kB"));
	assert_non_null(strstr(place->evidence.lines.data, "pid=99"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tells_of_its_faults, set_up, tear_down),
		cmocka_unit_test_setup_teardown(is_silent_about_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tells_a_tenant_no_other_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(is_silent_about_lines_that_no_kernel_has_written,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_line_with_the_words_of_an_oom_kill_is_not_told,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(tells_an_oom_kill_of_ours_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tells_of_its_cgroup, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
