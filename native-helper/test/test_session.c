// SPDX-License-Identifier: Apache-2.0
#include "watch/session.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "watch/control.h"
#include "world.h"

#define WORDS "protocol=2\0report-options=tags=team:a\n\0\0"
#define ARMED "armed full "

/* Long enough for a busy machine; nothing is decided by it. */
#define PATIENCE_NS (20 * NANOS_PER_SECOND)

/* A worker without a JVM, with the daemon's end of its control socket. */
struct scene {
	struct world *world;
	struct session session;
	struct told *told;
	int epoll, daemon, descriptors;
};

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	int ends[2];
	void *world;

	end_if_stuck();
	(void)signal(SIGPIPE, SIG_IGN); /* the worker has it blocked */
	*state = scene;
	if (!scene || set_up_world(&world))
		return -1;
	scene->world = world;
	scene->descriptors = count_descriptors();
	scene->told = mmap(NULL, sizeof(*scene->told), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	scene->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (scene->told == MAP_FAILED || scene->epoll < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -1;
	scene->daemon = ends[0];
	scene->world->config.control_fd = ends[1];
	scene->world->config.deadline_ms = 3000;
	scene->world->config.on_exit = ON_EXIT_NONZERO;
	session_init(&scene->session, &scene->world->config, scene->told);
	session_open(&scene->session, scene->epoll);
	session_armed(&scene->session, "full");
	return scene->session.control < 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;
	void *world = scene->world;
	int left;

	close(scene->world->config.control_fd);
	session_close(&scene->session);
	close(scene->epoll);
	if (scene->daemon >= 0)
		close(scene->daemon);
	left = count_descriptors() - scene->descriptors;
	(void)munmap(scene->told, sizeof(*scene->told));
	free(scene);
	return tear_down_world(&world) || left;
}

/* The daemon passes a connection on. Returns the agent's end of it. */
static int connect_agent(const struct scene *scene)
{
	const char kind = CONTROL_AGENT;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_true(control_send(scene->daemon, &kind, 1, ends[1]));
	close(ends[1]);
	return ends[0];
}

static void say(int agent, const char *bytes, size_t len)
{
	assert_int_equal(send(agent, bytes, len, MSG_NOSIGNAL), len);
}

/* One thing that the watch is told of, or nothing within the patience. Returns whether there was.
 */
static bool turn(struct scene *scene, int patience_ms)
{
	struct epoll_event event;

	if (epoll_wait(scene->epoll, &event, 1, patience_ms) != 1)
		return false;
	session_on_news(&scene->session, event.data.fd);
	return true;
}

/* Until nothing has come for longer than a rest. */
static void settle(struct scene *scene)
{
	uint64_t end = monotonic_ns() + PATIENCE_NS;

	while (monotonic_ns() < end && turn(scene, 100))
		;
}

/* The next answer, or "" at the end of the connection. */
static const char *hear(struct scene *scene, int agent)
{
	static char line[2048];
	uint64_t end = monotonic_ns() + PATIENCE_NS;
	ssize_t n = -1;

	while (n < 0 && monotonic_ns() < end) {
		(void)turn(scene, 10);
		n = recv(agent, line, sizeof(line) - 1, MSG_DONTWAIT);
		if (n < 0 && errno == ECONNRESET) /* it had not read all of it */
			n = 0;
	}
	assert_true(n >= 0);
	line[n] = '\0';
	return line;
}

static bool wrote(struct scene *scene, const char *words)
{
	struct evidence *evidence = &scene->world->evidence;

	evidence->lines.len = 0;
	told_write(scene->told, evidence);
	return has_words(&evidence->lines, words);
}

static void an_agent_that_tells_is_told_that_it_is_armed(void **state)
{
	static const char words[] = "protocol=2\0vm-options=-XX:ErrorFile=/e\n\0"
				    "report-options=tags=a:b\nsnapshot=off\n\0"
				    "command-line=java\x1f-jar\x1f\0on-exit=always\0"
				    "deadline-ms=500\0";
	struct scene *scene = *state;
	int agent = connect_agent(scene);

	say(agent, words, sizeof(words));
	assert_memory_equal(hear(scene, agent), ARMED, sizeof(ARMED) - 1);
	assert_int_equal(scene->world->config.on_exit, ON_EXIT_ALWAYS);
	assert_int_equal(scene->world->config.deadline_ms, 500);
	assert_true(wrote(scene, "\"event\":\"told\""));
	assert_true(wrote(scene, "\"vm-options\":\"-XX:ErrorFile=/e\\n\""));
	assert_true(wrote(scene, "\"report-options\":\"tags=a:b\\nsnapshot=off\\n\""));
	assert_true(wrote(scene, "\"name\":\"cmdline\",\"text\":\"java"));
	scene->world->evidence.has_command_line = true;
	assert_false(wrote(scene, "cmdline")); /* the kernel's own is better */
	close(agent);
}

/* Its JVM dies before it is armed, perhaps. */
static void before_it_is_armed_an_agent_is_heard_but_not_answered(void **state)
{
	struct scene *scene = *state;
	int agent = connect_agent(scene);
	char byte;

	scene->session.level = NULL;
	say(agent, WORDS, sizeof(WORDS) - 1);
	settle(scene);
	assert_int_equal(recv(agent, &byte, 1, MSG_DONTWAIT), -1);
	assert_true(wrote(scene, "team:a"));
	session_armed(&scene->session, "kernel");
	assert_memory_equal(hear(scene, agent), "armed kernel ", 13);
	close(agent);
}

static void refuse(struct scene *scene, const char *words, size_t len, const char *named)
{
	int agent = connect_agent(scene);
	char expected[128];

	say(agent, words, len);
	(void)snprintf(expected, sizeof(expected), "failed configuration %s\n", named);
	assert_string_equal(hear(scene, agent), expected);
	assert_string_equal(hear(scene, agent), "");
	assert_int_equal(scene->told->len, 0);
	assert_int_equal(scene->session.fd, -1);
	assert_false(wrote(scene, "told"));
	close(agent);
}

#define refuses(scene, pair) \
	refuse(scene, "protocol=2\0" pair "\0", sizeof("protocol=2\0" pair "\0"), pair)

static void what_is_not_the_jvms_to_say_ends_the_connection(void **state)
{
	struct scene *scene = *state;

	refuses(scene, "pid=1");
	refuses(scene, "tid=1");
	refuses(scene, "dir=/d");
	refuses(scene, "fallback-dir=/d");
	refuses(scene, "work-dir=/d");
	refuses(scene, "java=/bin/sh");
	refuses(scene, "jar=/j");
	refuses(scene, "predecessor=1");
	refuses(scene, "match=take user *");
	refuses(scene, "socket=/s");
	refuses(scene, "protocol=1");
	refuses(scene, "on-exit=maybe");
	refuses(scene, "deadline-ms=99999999");
	refuses(scene, "GET / HTTP/1.1");
	refuse(scene, "report-options=tags=a:b\nkeep=1\n\0", 33,
	       "report-options: only tags, snapshot and redact");
	refuse(scene, "report-options=tags=a:b\n\nkeep=1\n\0", 34,
	       "report-options: only tags, snapshot and redact");
}

/* A line of the answer is no place for the terminal of whoever reads it. */
static void garbage_is_named_without_harm(void **state)
{
	struct scene *scene = *state;
	int agent = connect_agent(scene);

	say(agent, "\x1b[2J\n\0", 7);
	assert_string_equal(hear(scene, agent), "failed configuration ?[2J?\n");
	close(agent);
}

/* What the daemon's own configuration says is a bound. */
static void the_deadline_is_only_made_shorter(void **state)
{
	struct scene *scene = *state;
	int agent = connect_agent(scene);

	say(agent, "deadline-ms=60000\0", 19);
	assert_memory_equal(hear(scene, agent), ARMED, sizeof(ARMED) - 1);
	assert_int_equal(scene->world->config.deadline_ms, 3000);
	close(agent);
	agent = connect_agent(scene);
	say(agent, "deadline-ms=10\0", 16);
	(void)hear(scene, agent);
	assert_int_equal(scene->world->config.deadline_ms, 10);
	close(agent);
	agent = connect_agent(scene); /* it need not stay so */
	say(agent, WORDS, sizeof(WORDS) - 1);
	(void)hear(scene, agent);
	assert_int_equal(scene->world->config.deadline_ms, 3000);
	close(agent);
}

static void byte_by_byte_is_the_same(void **state)
{
	static const char all[] = WORDS "snapshot 5\nhellosnapshot 0\n";
	struct scene *scene = *state;
	int agent = connect_agent(scene);

	for (size_t i = 0; i < sizeof(all) - 1; i++) {
		say(agent, all + i, 1);
		session_hear_rest(&scene->session);
	}
	assert_true(wrote(scene, "team:a"));
	assert_true(wrote(scene, "\"text\":\"hello\""));
	close(agent);
}

/* It takes memory and time that are bounded. */
static void an_endless_configuration_is_cut_off(void **state)
{
	static char chunk[16 * 1024];
	struct scene *scene = *state;
	int agent = connect_agent(scene);
	size_t sent = 0;
	ssize_t n;

	memset(chunk, 'x', sizeof(chunk));
	for (int i = 0; i < 10000 && sent < 64UL * TOLD_MAX_WORDS; i++) {
		n = send(agent, chunk, sizeof(chunk), MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN)
			break;
		sent += n > 0 ? (size_t)n : 0;
		(void)turn(scene, 10);
		assert_true(scene->session.words.len <= TOLD_MAX_WORDS);
	}
	assert_true(sent >= TOLD_MAX_WORDS);
	assert_true(sent < 4UL * TOLD_MAX_WORDS);
	assert_int_equal(scene->session.fd, -1);
	close(agent);
}

/* However much it sends: the watch is asked for a turn only now and then. */
static void an_agent_that_never_stops_gets_one_turn_in_a_while(void **state)
{
	static char chunk[64 * 1024];
	struct scene *scene = *state;
	int agent = connect_agent(scene), turns = 0, others[2];
	uint64_t start;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, others), 0);
	say(agent, WORDS, sizeof(WORDS) - 1);
	(void)hear(scene, agent);
	start = monotonic_ns();
	while (monotonic_ns() - start < 300 * NANOS_PER_MILLI) {
		(void)send(agent, chunk, sizeof(chunk), MSG_NOSIGNAL | MSG_DONTWAIT);
		(void)control_send(scene->daemon, "a", 1, others[1]); /* until its queue is full */
		turns += turn(scene, 1);
	}
	assert_true(turns > 0);
	/* a rest lasts 10 ms, and ends with a turn for each of the three descriptors */
	assert_true(turns <= 3 * (int)((monotonic_ns() - start) / (10 * NANOS_PER_MILLI) + 2));
	close(others[0]);
	close(others[1]);
	close(agent);
}

static void a_newer_connection_replaces_an_older_one(void **state)
{
	struct scene *scene = *state;
	int first = connect_agent(scene), second;

	say(first, WORDS, sizeof(WORDS) - 1);
	assert_memory_equal(hear(scene, first), ARMED, sizeof(ARMED) - 1);
	say(first, "snapshot 3\nold", 14); /* is never whole */
	settle(scene);
	second = connect_agent(scene);
	settle(scene);
	assert_string_equal(hear(scene, first), "");
	assert_true(wrote(scene, "team:a")); /* until there are newer words */
	say(second, "report-options=tags=team:b\n\0", 29);
	assert_memory_equal(hear(scene, second), ARMED, sizeof(ARMED) - 1);
	assert_true(wrote(scene, "team:b"));
	assert_false(wrote(scene, "team:a"));
	assert_false(wrote(scene, "snapshot"));
	close(first);
	close(second);
}

static void the_last_whole_snapshot_counts(void **state)
{
	struct scene *scene = *state;
	int agent = connect_agent(scene);

	say(agent, WORDS "snapshot 4\nfirssnapshot 1\ntsnapshot 0\n", sizeof(WORDS) - 1 + 38);
	settle(scene);
	assert_true(wrote(scene, "\"event\":\"snapshot\""));
	assert_true(wrote(scene, "\"text\":\"first\""));
	say(agent, "snapshot 6\nsec", 14);
	settle(scene);
	assert_true(wrote(scene, "\"text\":\"first\""));
	say(agent, "ondsnapshot 0\nsnapshot 9\nunfin", 30);
	settle(scene);
	assert_true(wrote(scene, "\"text\":\"second\""));
	close(agent);
	settle(scene);
	assert_int_equal(scene->session.fd, -1);
	assert_true(wrote(scene, "\"text\":\"second\""));
}

static void pieces_that_are_none_end_the_connection(void **state)
{
	static const char *const pieces[] = {
		"snapshot -1\n",
		"snapshot 1x\n",
		"snapshot 65537\n",
		"snapshot  1\n",
		"snapshot\n",
		"snapshot 99999999999999999999\n",
		"Snapshot 1\n",
		"\n",
		"snapshot 0000000000000000000000001\n",
		"tags=a:b\nsnapshot",
		NULL,
	};
	struct scene *scene = *state;

	for (const char *const *each = pieces; *each; each++) {
		int agent = connect_agent(scene);

		say(agent, WORDS, sizeof(WORDS) - 1);
		assert_memory_equal(hear(scene, agent), ARMED, sizeof(ARMED) - 1);
		say(agent, *each, strlen(*each));
		assert_string_equal(hear(scene, agent), "");
		assert_int_equal(scene->session.fd, -1);
		close(agent);
	}
}

static void a_snapshot_is_bounded(void **state)
{
	static char bytes[65536 + 16];
	struct scene *scene = *state;
	int agent = connect_agent(scene);
	size_t head = (size_t)snprintf(bytes, sizeof(bytes), "snapshot 65536\n"), sent = 0;

	memset(bytes + head, 'x', 65536);
	say(agent, WORDS "snapshot 4\nfirssnapshot 0\n", sizeof(WORDS) - 1 + 26);
	(void)hear(scene, agent);
	while (sent < 2UL * TOLD_MAX_SNAPSHOT) {
		if (send(agent, bytes, head + 65536, MSG_NOSIGNAL) < 0)
			break;
		sent += 65536;
		session_hear_rest(&scene->session);
	}
	assert_true(sent > TOLD_MAX_SNAPSHOT - 65536);
	assert_true(sent <= TOLD_MAX_SNAPSHOT + 65536UL * 4);
	assert_int_equal(scene->session.fd, -1);
	assert_true(wrote(scene, "\"text\":\"firs\""));
	close(agent);
}

static size_t resident(const struct told *told)
{
	static unsigned char pages[sizeof(*told) / TOLD_PAGE + 1];
	size_t count = 0;

	assert_int_equal(mincore((void *)told, sizeof(*told), pages), 0);
	for (size_t i = 0; i < sizeof(*told) / TOLD_PAGE; i++)
		count += pages[i] & 1;
	return count * TOLD_PAGE;
}

/* There may be hundreds of JVMs. */
static void what_is_not_told_takes_no_memory(void **state)
{
	static char bytes[65536 + 16];
	struct scene *scene = *state;
	int agent = connect_agent(scene);
	size_t head = (size_t)snprintf(bytes, sizeof(bytes), "snapshot 60000\n");

	assert_true(resident(scene->told) <= 2UL * TOLD_PAGE);
	say(agent, WORDS, sizeof(WORDS) - 1);
	(void)hear(scene, agent);
	for (int i = 0; i < 9; i++) {
		say(agent, bytes, head + 60000);
		session_hear_rest(&scene->session);
		say(agent, "snapshot 0\n", 11);
		session_hear_rest(&scene->session);
	}
	assert_true(resident(scene->told) >= 60000); /* the last one */
	assert_true(resident(scene->told) <= 60000 + 8UL * TOLD_PAGE); /* and no other */
	close(agent);
}

/* The JVM has died, and nobody has read yet what it said. */
static void what_was_said_before_the_end_is_heard(void **state)
{
	struct scene *scene = *state;
	int first = connect_agent(scene), second = connect_agent(scene);

	say(first, "report-options=tags=no:no\n\0", 28);
	say(second, WORDS "snapshot 4\nlastsnapshot 0\n", sizeof(WORDS) - 1 + 26);
	close(first);
	close(second);
	session_hear_rest(&scene->session);
	assert_true(wrote(scene, "team:a"));
	assert_true(wrote(scene, "\"text\":\"last\""));
}

static void what_is_no_message_of_the_daemon_is_nothing(void **state)
{
	struct scene *scene = *state;
	int agent, descriptors;

	assert_true(control_send(scene->daemon, "a", 1, -1));
	settle(scene);
	descriptors = count_descriptors();
	assert_true(control_send(scene->daemon, "x", 1, scene->daemon));
	settle(scene);
	assert_int_equal(count_descriptors(), descriptors);
	assert_int_equal(scene->session.fd, -1);
	assert_false(scene->session.is_dismissed);
	agent = connect_agent(scene);
	say(agent, WORDS, sizeof(WORDS) - 1);
	assert_memory_equal(hear(scene, agent), ARMED, sizeof(ARMED) - 1);
	close(agent);
}

static void the_daemon_dismisses(void **state)
{
	struct scene *scene = *state;

	assert_true(control_send(scene->daemon, "d", 1, -1));
	settle(scene);
	assert_true(scene->session.is_dismissed);
}

static void without_the_daemon_the_connection_stays(void **state)
{
	struct scene *scene = *state;
	int agent = connect_agent(scene);

	say(agent, WORDS, sizeof(WORDS) - 1);
	(void)hear(scene, agent);
	close(scene->daemon);
	scene->daemon = -1;
	settle(scene);
	assert_int_equal(scene->session.control, -1);
	say(agent, "snapshot 4\nlatesnapshot 0\n", 26);
	settle(scene);
	assert_true(wrote(scene, "\"text\":\"late\""));
	close(agent);
	settle(scene);
	assert_int_equal(scene->session.fd, -1);
}

/* A helper of the JVM's own has no such session. */
static void without_a_control_socket_nothing_is_listened_to(void **state)
{
	struct scene *scene = *state;
	struct config config = { .deadline_ms = 3000 };
	struct session session;
	int descriptors = count_descriptors();

	session_init(&session, &config, scene->told);
	session_open(&session, scene->epoll);
	session_armed(&session, "full");
	session_on_news(&session, 0);
	session_on_news(&session, -1);
	session_hear_rest(&session);
	session_close(&session);
	assert_int_equal(count_descriptors(), descriptors);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_agent_that_tells_is_told_that_it_is_armed),
		TEST(before_it_is_armed_an_agent_is_heard_but_not_answered),
		TEST(what_is_not_the_jvms_to_say_ends_the_connection),
		TEST(garbage_is_named_without_harm),
		TEST(the_deadline_is_only_made_shorter),
		TEST(byte_by_byte_is_the_same),
		TEST(an_endless_configuration_is_cut_off),
		TEST(an_agent_that_never_stops_gets_one_turn_in_a_while),
		TEST(a_newer_connection_replaces_an_older_one),
		TEST(the_last_whole_snapshot_counts),
		TEST(pieces_that_are_none_end_the_connection),
		TEST(a_snapshot_is_bounded),
		TEST(what_is_not_told_takes_no_memory),
		TEST(what_was_said_before_the_end_is_heard),
		TEST(what_is_no_message_of_the_daemon_is_nothing),
		TEST(the_daemon_dismisses),
		TEST(without_the_daemon_the_connection_stays),
		TEST(without_a_control_socket_nothing_is_listened_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
