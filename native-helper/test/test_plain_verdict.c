// SPDX-License-Identifier: Apache-2.0
#include "evidence/plain_verdict.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "test.h"

#define LOG "hs_err_pid42.log"
#define HEAD "#\n# A fatal error has been detected by the Java Runtime Environment:\n#\n"

struct world {
	char place[64], reports[80], log[96], copy[128], line[512];
	struct config config;
	struct jvm jvm;
	struct evidence evidence;
	struct plain_verdict verdict;
};

/* The process's directory, and that of the report in it. */
static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return -1;
	*state = world;
	if (!make_place(world->place, sizeof(world->place)))
		return -1;
	(void)snprintf(world->reports, sizeof(world->reports), "%s/report", world->place);
	(void)snprintf(world->log, sizeof(world->log), "%s/%s", world->place, LOG);
	(void)snprintf(world->copy, sizeof(world->copy), "%s/%s", world->reports, LOG);
	if (mkdir(world->reports, 0700))
		return -1;
	world->jvm.pid = 42;
	world->jvm.root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	evidence_init(&world->evidence, &world->config, &world->jvm);
	world->evidence.cwd_fd = open(world->place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	world->evidence.dir_fd = open(world->reports, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return world->evidence.cwd_fd < 0 || world->evidence.dir_fd < 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	close(world->jvm.root_fd);
	evidence_close(&world->evidence);
	(void)remove_all_of(world->place);
	free(world);
	return 0;
}

static void write_log(const struct world *world, const char *content)
{
	int fd = open(world->log, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(text_write(fd, content, strlen(content)), 0);
	close(fd);
}

static void assert_line(struct world *world, const char *expected)
{
	int before = count_descriptors();

	plain_verdict_write(&world->verdict, &world->evidence, world->line, sizeof(world->line));
	assert_string_equal(world->line, expected);
	assert_int_equal(count_descriptors(), before);
}

static void tells_how_the_process_ended(void **state)
{
	struct world *world = *state;

	assert_line(world, "process 42 has died");
	world->verdict.has_status = true;
	assert_line(world, "process 42 exited with status 0");
	world->verdict.status = 3 << 8;
	assert_line(world, "process 42 exited with status 3");
	world->verdict.status = SIGABRT | 0x80;
	assert_line(world, "process 42 was ended by SIGABRT");
	world->verdict.status = 64; /* one that has no name */
	assert_line(world, "process 42 was ended by SIG?");
}

/* A name may fill its field; the sender of another signal is not to blame. */
static void tells_who_sent_the_signal(void **state)
{
	struct world *world = *state;
	struct signal_sent_event *sent = &world->verdict.sent;

	world->verdict.has_status = true;
	world->verdict.status = SIGKILL;
	sent->sig = SIGTERM;
	sent->uid = 1000;
	sent->header.thread.helper_tgid = 7;
	memset(sent->header.comm, 'k', sizeof(sent->header.comm));
	assert_line(world, "process 42 was ended by SIGKILL");
	sent->sig = SIGKILL;
	assert_line(world, "process 42 was ended by SIGKILL, sent by kkkkkkkkkkkkkkkk (pid 7, "
			   "uid 1000)");
	sent->by_kernel = 1;
	assert_line(world, "process 42 was ended by SIGKILL, sent by the kernel");
	world->verdict.status = SIGKILL << 8; /* it has exited with 9 */
	assert_line(world, "process 42 exited with status 9");
}

static void quotes_hotspots_log_and_keeps_a_copy(void **state)
{
	static const char log[] = HEAD "#  SIGSEGV (0xb) at pc=0x1, pid=42, tid=43\n#\n# JRE\n";
	struct world *world = *state;
	struct text copy = {};
	struct stat file;

	write_log(world, log);
	assert_line(world, "process 42 has died; HotSpot: SIGSEGV (0xb) at pc=0x1, pid=42, tid=43");
	assert_int_equal(text_read_file(&copy, AT_FDCWD, world->copy, 4096), 0);
	assert_int_equal(copy.len, sizeof(log) - 1);
	assert_memory_equal(copy.data, log, copy.len);
	assert_int_equal(stat(world->copy, &file), 0);
	assert_int_equal(file.st_mode & 0777, 0600);
	text_free(&copy);
	/* what is there already stays */
	write_log(world, HEAD "#  SIGBUS (0x7)\n");
	assert_line(world, "process 42 has died; HotSpot: SIGBUS (0x7)");
	assert_int_equal(text_read_file(&copy, AT_FDCWD, world->copy, 4096), 0);
	assert_int_equal(copy.len, sizeof(log) - 1);
	text_free(&copy);
}

static void quotes_nothing_but_the_head_of_a_log(void **state)
{
	static const char *const logs[] = {
		"",
		"\n",
		"#",
		"# \n#\n",
		"SIGSEGV (0xb)\n",
		"password\n# SIGSEGV (0xb)\n",
		"#\n#  secret SIGSEGV\n\nSIGSEGV",
		HEAD,
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(logs) / sizeof(*logs); i++) {
		write_log(world, logs[i]);
		assert_line(world, "process 42 has died");
	}
}

static void a_long_log_is_cut_off(void **state)
{
	struct world *world = *state;
	static char much[6000] = "#  SIGSEGV ";
	struct stat file;
	int fd;

	memset(much + 11, 'x', sizeof(much) - 12);
	write_log(world, much);
	assert_int_equal(truncate(world->log, (off_t)9 << 20), 0);
	plain_verdict_write(&world->verdict, &world->evidence, world->line, sizeof(world->line));
	assert_int_equal(strlen(world->line), sizeof(world->line) - 1);
	assert_int_equal(stat(world->copy, &file), 0);
	assert_int_equal(file.st_size, 8U << 20);
	fd = world->evidence.dir_fd;
	world->evidence.dir_fd = -1; /* there is no place to copy it to */
	for (size_t size = 1; size < 40; size++) {
		char *line = malloc(size);

		plain_verdict_write(&world->verdict, &world->evidence, line, size);
		assert_int_equal(strlen(line), size - 1);
		free(line);
	}
	world->evidence.dir_fd = fd;
}

static void assert_not_taken(struct world *world)
{
	assert_line(world, "process 42 has died");
	assert_int_equal(access(world->copy, F_OK), -1);
}

/* The process has chosen what lies there: it is read with our rights, and is to be published. */
static void a_log_that_leads_elsewhere_is_not_taken(void **state)
{
	static const char log[] = HEAD "#  SIGSEGV (0xb)\n";
	struct world *world = *state;
	char outside[] = "/tmp/jmortem-test-XXXXXX";
	int fd = mkostemp(outside, O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(text_write(fd, log, sizeof(log) - 1), 0);
	close(fd);
	assert_int_equal(symlink(outside, world->log), 0);
	assert_not_taken(world);
	assert_int_equal(unlink(world->log), 0);
	assert_int_equal(unlink(outside), 0);
	assert_int_equal(mkfifo(world->log, 0600), 0);
	assert_not_taken(world);
	assert_int_equal(unlink(world->log), 0);
	assert_int_equal(mkdir(world->log, 0700), 0);
	assert_not_taken(world);
}

static void an_older_log_is_another_processs(void **state)
{
	struct world *world = *state;

	write_log(world, HEAD "#  SIGSEGV (0xb)\n");
	world->evidence.begun = time(NULL) + 3600;
	assert_not_taken(world);
}

/* The last ErrorFile of the command line, and else the environment's. */
static void finds_the_log_where_error_file_says(void **state)
{
	struct world *world = *state;
	char options[300], elsewhere[96];

	write_log(world, HEAD "#  SIGBUS (0x7)\n");
	(void)snprintf(elsewhere, sizeof(elsewhere), "%s/log-42-%%", world->place);
	assert_int_equal(rename(world->log, elsewhere), 0);
	assert_line(world, "process 42 has died");
	(void)snprintf(options, sizeof(options),
		       "java\x1f-XX:ErrorFile=/no\x1f-XX:ErrorFile=%s/log-%%p-%%%%\x1fMain\x1f",
		       world->place);
	world->config.command_line = options;
	assert_line(world, "process 42 has died; HotSpot: SIGBUS (0x7)");
	world->config.command_line = NULL;
	world->config.vm_options = "-Xss1m\n-XX:ErrorFile=log-%p-%%\n";
	assert_line(world, "process 42 has died; HotSpot: SIGBUS (0x7)");
	world->config.vm_options = "-XX:ErrorFile=../log-%p-%%\n";
	assert_line(world, "process 42 has died");
}

static void another_users_log_is_not_taken(void **state)
{
	struct world *world = *state;

	write_log(world, HEAD "#  SIGSEGV (0xb)\n");
	world->evidence.user = (struct jvm_user) { .is_known = true, .fsuid = geteuid() + 1 };
	assert_not_taken(world);
	world->evidence.user.fsuid = geteuid();
	assert_line(world, "process 42 has died; HotSpot: SIGSEGV (0xb)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tells_how_the_process_ended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tells_who_sent_the_signal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(quotes_hotspots_log_and_keeps_a_copy, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(quotes_nothing_but_the_head_of_a_log, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_long_log_is_cut_off, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_log_that_leads_elsewhere_is_not_taken, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_older_log_is_another_processs, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(finds_the_log_where_error_file_says, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(another_users_log_is_not_taken, set_up, tear_down),
	};

	end_if_stuck();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
