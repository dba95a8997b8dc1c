// SPDX-License-Identifier: Apache-2.0
#include "watch/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "watch/control.h"
#include "watch/reply.h"

/* An agent that never ends costs one turn in this time: a thousandth of a CPU. */
#define REST_NS (10 * NANOS_PER_MILLI)
#define TURN_BYTES (32 * 1024)

/* The longest configuration, and more connections than an agent makes before its JVM ends. */
#define LAST_TURNS (TOLD_MAX_WORDS / TURN_BYTES + 1)
#define LAST_CONNECTIONS 8

#define MAX_PIECE (64 * 1024)

static const char piece[] = "snapshot ";

/* Is told once; the next time after listen_again(). */
static int listen_once(const struct session *session, int fd)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT, .data.fd = fd };

	return epoll_ctl(session->epoll, EPOLL_CTL_ADD, fd, &event);
}

static void listen_again(const struct session *session, int fd)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT, .data.fd = fd };

	if (fd >= 0)
		(void)epoll_ctl(session->epoll, EPOLL_CTL_MOD, fd, &event);
}

void session_init(struct session *session, struct config *config, struct told *told)
{
	*session = (struct session) {
		.config = config,
		.configured = *config,
		.told = told,
		.epoll = -1,
		.control = -1,
		.timer = -1,
		.fd = -1,
	};
}

void session_open(struct session *session, int epoll)
{
	const struct config *config = session->config;
	struct epoll_event end_of_rest = { .events = EPOLLIN };

	if (config->control_fd <= 0)
		return;
	session->epoll = epoll;
	session->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	end_of_rest.data.fd = session->timer;
	if (session->timer >= 0 &&
	    epoll_ctl(epoll, EPOLL_CTL_ADD, session->timer, &end_of_rest) == 0 &&
	    listen_once(session, config->control_fd) == 0)
		session->control = config->control_fd;
}

static void hang_up(struct session *session)
{
	if (session->fd >= 0)
		close(session->fd);
	session->fd = -1;
	session->has_told = false;
	session->line_len = 0;
	session->left = 0;
	text_free(&session->words);
}

/* ---- what the agent says ---------------------------------------------------------- */

/* If nobody is there any more to be told, what was said still counts. */
static void answer(const struct session *session)
{
	if (session->has_told && session->level)
		reply_armed_to(session->fd, session->level);
}

static bool accept_words(struct session *session)
{
	struct config said;
	const char *why;
	bool is_accepted =
		told_keep(session->told, &session->words, &session->configured, &said, &why) == 0;

	if (is_accepted) {
		session->config->on_exit = said.on_exit;
		session->config->deadline_ms = said.deadline_ms;
	} else {
		reply_failed_to(session->fd, REFUSED_CONFIGURATION, why);
	}
	config_free(&said);
	text_free(&session->words);
	return is_accepted;
}

/* The configuration ends with an empty pair. Returns how many bytes were used; 0: hang up. */
static size_t hear_words(struct session *session, const char *bytes, size_t len)
{
	const struct text *words = &session->words;
	bool after_end = words->len && !words->data[words->len - 1];
	size_t used = 0;
	bool is_whole = false;

	while (used < len && !is_whole) {
		is_whole = !bytes[used] && after_end;
		after_end = !bytes[used++];
	}
	if (used > TOLD_MAX_WORDS - words->len)
		return 0;
	text_append(&session->words, bytes, used);
	if (words->failed)
		return 0;
	if (is_whole) {
		if (!accept_words(session))
			return 0;
		session->has_told = true;
		told_begin_snapshot(session->told);
		answer(session);
	}
	return used;
}

/* "snapshot LENGTH": so many bytes follow; 0: the snapshot is whole. */
static bool begin_piece(struct session *session)
{
	size_t name = sizeof(piece) - 1;
	char *end, *number = session->line + name;

	session->line[session->line_len] = '\0';
	session->line_len = 0;
	if (strncmp(session->line, piece, name) != 0 || *number < '0' || *number > '9')
		return false;
	session->left = strtoul(number, &end, 10);
	if (*end || session->left > MAX_PIECE)
		return false;
	if (!session->left) {
		told_end_snapshot(session->told);
		told_begin_snapshot(session->told);
	}
	return true;
}

static size_t hear_line(struct session *session, const char *bytes, size_t len)
{
	const char *end = memchr(bytes, '\n', len);
	size_t part = end ? (size_t)(end - bytes) : len;

	if (part >= sizeof(session->line) - session->line_len)
		return 0;
	memcpy(session->line + session->line_len, bytes, part);
	session->line_len += part;
	if (!end)
		return part;
	return begin_piece(session) ? part + 1 : 0;
}

static size_t hear_piece(struct session *session, const char *bytes, size_t len)
{
	size_t part = len < session->left ? len : session->left;

	session->left -= part;
	return told_add_to_snapshot(session->told, bytes, part) ? part : 0;
}

static void hear(struct session *session, const char *bytes, size_t len)
{
	while (len && session->fd >= 0) {
		size_t used = !session->has_told ? hear_words(session, bytes, len)
			      : session->left	 ? hear_piece(session, bytes, len)
						 : hear_line(session, bytes, len);

		if (!used) {
			hang_up(session);
			return;
		}
		bytes += used;
		len -= used;
	}
}

/* Returns whether there may be more. */
static bool read_connection(struct session *session)
{
	char bytes[TURN_BYTES];
	ssize_t n = recv(session->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0)
		hang_up(session);
	else
		hear(session, bytes, (size_t)n);
	return session->fd >= 0;
}

/* ---- who says it -------------------------------------------------------------------- */

static void accept_connection(struct session *session, int fd)
{
	hang_up(session);
	/* an answer must not wait for the agent */
	if (fcntl(fd, F_SETFL, O_NONBLOCK) || listen_once(session, fd)) {
		close(fd);
		return;
	}
	session->fd = fd;
}

/*
 * Takes one message: a connection replaces the one before. Returns whether there may be more. When
 * the daemon has gone, the connection that there is stays.
 */
static bool hear_daemon(struct session *session)
{
	int fd;
	char kind = 0;
	ssize_t n = control_receive(session->control, &kind, sizeof(kind), &fd);

	if (n == 0 || (n < 0 && n != -EAGAIN)) {
		(void)epoll_ctl(session->epoll, EPOLL_CTL_DEL, session->control, NULL);
		session->control = -1;
	}
	if (n > 0 && kind == CONTROL_DISMISS)
		session->is_dismissed = true;
	if (n > 0 && kind == CONTROL_AGENT && fd >= 0)
		accept_connection(session, fd);
	else if (fd >= 0)
		close(fd);
	return n > 0;
}

/* ---- turns ---------------------------------------------------------------------------- */

static void rest(const struct session *session)
{
	const struct itimerspec end = { .it_value = { .tv_nsec = REST_NS } };

	(void)timerfd_settime(session->timer, 0, &end, NULL);
}

void session_on_news(struct session *session, int fd)
{
	uint64_t times;

	if (fd < 0)
		return;
	if (fd == session->timer) {
		(void)!read(fd, &times, sizeof(times));
		listen_again(session, session->control);
		listen_again(session, session->fd);
	} else if (fd == session->control) {
		(void)hear_daemon(session);
		rest(session);
	} else if (fd == session->fd) {
		(void)read_connection(session);
		rest(session);
	}
}

void session_armed(struct session *session, const char *level)
{
	session->level = level;
	answer(session);
}

void session_hear_rest(struct session *session)
{
	for (int i = 0; i < LAST_CONNECTIONS && session->control >= 0; i++)
		if (!hear_daemon(session))
			break;
	for (int i = 0; i < LAST_TURNS && session->fd >= 0; i++)
		if (!read_connection(session))
			break;
}

void session_close(struct session *session)
{
	hang_up(session);
	if (session->timer >= 0)
		close(session->timer);
	session->timer = -1;
	session->control = -1;
}
