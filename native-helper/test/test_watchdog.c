// SPDX-License-Identifier: Apache-2.0
#include "watch/watchdog.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "process/jvm_open.h"
#include "test.h"

struct world {
	char place[64], work_dir[96], reports[96];
	struct config config;
	struct jvm jvm;
	int word[2]; /* from the worker to the test */
	int input[2], output[2], errors[2]; /* the helper's standard ones */
	void (*work)(struct world *world, struct handover *handover);
	pid_t watchdog;
};

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	pid_t pid;

	if (!world)
		return -1;
	*state = world;
	if (!make_place(world->place, sizeof(world->place)))
		return -1;
	(void)snprintf(world->work_dir, sizeof(world->work_dir), "%s/jmortem-1", world->place);
	(void)snprintf(world->reports, sizeof(world->reports), "%s/reports", world->place);
	if (mkdir(world->work_dir, 0700))
		return -1;
	world->config = (struct config) {
		.work_dir = world->work_dir,
		.dir = world->reports,
		.fallback_dir = world->reports,
		.java = "/bin/false",
		.jar = "a.jar",
		.freeze_option = "off",
		.relation = JVM_IS_OTHER,
		.deadline_ms = 60000,
		.on_exit = ON_EXIT_ALWAYS,
	};
	pid = start_waiting(NULL, NULL);
	return pid < 0 || jvm_open(&world->jvm, pid, pid, JVM_IS_OTHER);
}

static int tear_down(void **state)
{
	struct world *world = *state;

	if (world->watchdog > 0)
		(void)end_waiting(world->watchdog);
	if (world->jvm.pid > 0)
		(void)end_waiting(world->jvm.pid);
	jvm_close(&world->jvm);
	close(world->word[0]);
	close(world->input[1]);
	close(world->output[0]);
	close(world->errors[0]);
	(void)remove_all_of(world->place);
	free(world);
	return 0;
}

/* As the helper is: of no session's signals, and with pipes for its standard descriptors. */
static void be_helper(struct world *world)
{
	struct handover *handover;
	sigset_t all;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* should the test be ended */
	sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	if (dup2(world->input[0], STDIN_FILENO) < 0 || dup2(world->output[1], STDOUT_FILENO) < 0 ||
	    dup2(world->errors[1], STDERR_FILENO) < 0)
		_exit(98);
	close(world->input[1]);
	close(world->output[1]);
	close(world->errors[1]);
	handover = watchdog_split(&world->config, &world->jvm, NULL);
	if (!handover)
		_exit(97);
	/* this is the worker */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	world->work(world, handover);
	_exit(0);
}

static void start(struct world *world, void (*work)(struct world *world, struct handover *handover))
{
	world->work = work;
	assert_int_equal(pipe2(world->word, O_CLOEXEC), 0);
	assert_int_equal(pipe2(world->input, O_CLOEXEC), 0);
	assert_int_equal(pipe2(world->output, O_CLOEXEC), 0);
	assert_int_equal(pipe2(world->errors, O_CLOEXEC), 0);
	world->watchdog = fork();
	assert_true(world->watchdog >= 0);
	if (world->watchdog == 0)
		be_helper(world);
	close(world->word[1]);
	close(world->input[0]);
	close(world->output[1]);
	close(world->errors[1]);
}

static void tell(const struct world *world, char letter)
{
	(void)!write(world->word[1], &letter, 1);
}

/* What the worker tells; 0 where nobody can tell anything any more. */
static char hear(const struct world *world)
{
	char letter;

	return read(world->word[0], &letter, 1) == 1 ? letter : 0;
}

static void await_end(struct world *world)
{
	int status = -1;

	assert_int_equal(waitpid(world->watchdog, &status, 0), world->watchdog);
	world->watchdog = 0;
	assert_int_equal(status, 0);
	assert_int_equal(access(world->work_dir, F_OK), -1); /* it leaves nothing behind */
}

static void assert_said(const struct world *world, const char *words)
{
	struct text said = {};
	char chunk[512];
	ssize_t n;

	while ((n = read(world->errors[0], chunk, sizeof(chunk))) > 0)
		text_append(&said, chunk, (size_t)n);
	if (words ? !has_words(&said, words) : said.len > 0)
		fail_msg("it said: %.*s", (int)said.len, said.data);
	text_free(&said);
}

static void end_jvm(struct world *world)
{
	assert_true(end_waiting(world->jvm.pid));
	world->jvm.pid = 0;
}

/* ---- its end --------------------------------------------------------------------- */

static void dismiss(struct world *world, struct handover *handover)
{
	tell(world, 'd');
	watchdog_dismiss(handover);
	for (;;)
		pause();
}

static void ends_when_the_worker_says_so(void **state)
{
	struct world *world = *state;

	start(world, dismiss);
	assert_int_equal(hear(world), 'd');
	await_end(world);
	assert_said(world, NULL);
}

static void leave(struct world *world, struct handover *handover)
{
	(void)handover;
	tell(world, 'l');
}

static void ends_with_the_worker(void **state)
{
	struct world *world = *state;

	start(world, leave);
	await_end(world);
	assert_said(world, NULL);
}

static void wait_to_be_killed(struct world *world, struct handover *handover)
{
	char pid[16];

	handover->is_armed = true;
	(void)snprintf(pid, sizeof(pid), "%d ", getpid());
	(void)!write(world->word[1], pid, strlen(pid));
	for (;;)
		pause();
}

static pid_t hear_pid(const struct world *world)
{
	pid_t pid = 0;
	char digit;

	while ((digit = hear(world)) >= '0' && digit <= '9')
		pid = pid * 10 + (digit - '0');
	return pid;
}

/* Whoever may signal it could end what watches the JVM otherwise. */
static void says_that_a_worker_was_killed_whoever_else_signals_it(void **state)
{
	struct world *world = *state;
	pid_t worker;

	start(world, wait_to_be_killed);
	worker = hear_pid(world);
	assert_true(worker > 0);
	assert_int_equal(kill(world->watchdog, SIGUSR1), 0);
	assert_int_equal(kill(world->watchdog, SIGTERM), 0);
	assert_int_equal(kill(worker, SIGKILL), 0);
	await_end(world);
	assert_said(world, "the helper was ended by signal 9; process ");
}

/* ---- what it holds --------------------------------------------------------------- */

static void close_all(struct world *world, struct handover *handover)
{
	(void)handover;
	close(world->word[1]);
	close(STDOUT_FILENO);
	for (;;)
		pause();
}

/* Whoever reads to the end of a pipe would wait for it, for as long as the JVM runs. */
static void holds_no_pipe_of_ours(void **state)
{
	struct world *world = *state;
	char byte;

	start(world, close_all);
	assert_int_equal(hear(world), 0);
	assert_int_equal(read(world->output[0], &byte, 1), 0);
	/* it lives: it is what keeps stderr */
	assert_int_equal(waitpid(world->watchdog, NULL, WNOHANG), 0);
}

static void sleep_for_ever(struct world *world, struct handover *handover)
{
	(void)handover;
	tell(world, 's');
	for (;;)
		pause();
}

static void ends_a_worker_whose_command_goes_before_it_watches(void **state)
{
	struct world *world = *state;

	world->config.exit_on_stdin_close = true;
	start(world, sleep_for_ever);
	assert_int_equal(hear(world), 's');
	close(world->input[1]);
	world->input[1] = -1;
	await_end(world);
	assert_int_equal(hear(world), 0); /* the worker has ended too */
}

/* ---- the JVM's end --------------------------------------------------------------- */

static void stop(struct world *world, struct handover *handover)
{
	handover->is_armed = true;
	tell(world, 's');
	(void)raise(SIGSTOP);
	tell(world, 'c');
}

/* Somebody has stopped it, and would keep whoever waits for the JVM's report. */
static void continues_a_worker_that_is_stopped_when_the_jvm_ends(void **state)
{
	struct world *world = *state;

	start(world, stop);
	assert_int_equal(hear(world), 's');
	end_jvm(world);
	assert_int_equal(hear(world), 'c');
	await_end(world);
}

static void note_and_be_killed(struct world *world, struct handover *handover)
{
	handover->has_begun = true;
	handover->is_armed = true;
	evidence_init(&handover->evidence, &world->config, &world->jvm);
	handover->evidence.lines = handover->memory;
	evidence_problem(&handover->evidence, PART_RECORDS, "noted by the worker");
	handover->has_died = true;
	tell(world, 'n');
	(void)raise(SIGKILL);
}

/* The one report's evidence, or none. */
static void read_evidence(const struct world *world, struct text *text)
{
	DIR *dir = opendir(world->reports);
	struct dirent *entry;
	char path[PATH_MAX];

	while (dir && (entry = readdir(dir))) {
		if (*entry->d_name == '.')
			continue; /* what is hidden is not published */
		(void)snprintf(path, sizeof(path), "%s/%s/evidence.ndjson", world->reports,
			       entry->d_name);
		(void)text_read_file(text, AT_FDCWD, path, 10 << 20);
	}
	if (dir)
		closedir(dir);
}

static void publishes_what_a_killed_worker_had_noted(void **state)
{
	struct world *world = *state;
	struct text text = {};

	start(world, note_and_be_killed);
	assert_int_equal(hear(world), 'n');
	end_jvm(world);
	await_end(world);
	read_evidence(world, &text);
	assert_true(has_words(&text, "noted by the worker"));
	assert_true(has_words(&text, "\"event\":\"helper_lost\""));
	assert_true(has_words(&text, "\"si_signo\":9,\"too_late\":false"));
	text_free(&text);
}

static void be_killed(struct world *world, struct handover *handover)
{
	(void)handover;
	tell(world, 'k');
	while (!jvm_has_ended(&world->jvm))
		(void)sched_yield();
	(void)raise(SIGKILL);
}

static void a_worker_that_never_watched_has_an_heir_too(void **state)
{
	struct world *world = *state;
	struct text text = {};

	start(world, be_killed);
	assert_int_equal(hear(world), 'k');
	end_jvm(world);
	await_end(world);
	read_evidence(world, &text);
	assert_true(has_words(&text, "\"event\":\"ended_early\""));
	assert_true(has_words(&text, "\"event\":\"helper_lost\""));
	text_free(&text);
}

#define WATCHDOG_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WATCHDOG_TEST(ends_when_the_worker_says_so),
		WATCHDOG_TEST(ends_with_the_worker),
		WATCHDOG_TEST(says_that_a_worker_was_killed_whoever_else_signals_it),
		WATCHDOG_TEST(holds_no_pipe_of_ours),
		WATCHDOG_TEST(ends_a_worker_whose_command_goes_before_it_watches),
		WATCHDOG_TEST(continues_a_worker_that_is_stopped_when_the_jvm_ends),
		WATCHDOG_TEST(publishes_what_a_killed_worker_had_noted),
		WATCHDOG_TEST(a_worker_that_never_watched_has_an_heir_too),
	};

	end_if_stuck();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
