// SPDX-License-Identifier: Apache-2.0
#include "base/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/marker.h"

#define MAX_CONFIG (256 * 1024)
#define MAX_DEADLINE_MS 60000

static bool parse_number(const char *value, unsigned long max, unsigned long *number)
{
	char *end;

	if (*value < '0' || *value > '9')
		return false;
	errno = 0;
	*number = strtoul(value, &end, 10);
	return !errno && !*end && *number <= max;
}

static bool parse_pid(const char *value, pid_t *pid)
{
	unsigned long number;

	if (!parse_number(value, INT_MAX, &number) || !number)
		return false;
	*pid = (pid_t)number;
	return true;
}

static bool parse_path(const char *value, const char **path)
{
	if (*value != '/' || strlen(value) >= PATH_MAX)
		return false;
	*path = value;
	return true;
}

/* Index of value among the names (ended by NULL), or -1. */
static int parse_choice(const char *value, const char *const *names)
{
	for (int i = 0; names[i]; i++)
		if (strcmp(value, names[i]) == 0)
			return i;
	return -1;
}

/* in the order of enum on_exit */
static const char *const on_exit_names[] = { "never", "nonzero", "always", NULL };

const char *on_exit_name(enum on_exit on_exit)
{
	return on_exit_names[on_exit];
}

/* An option with one value, which is given or left out. */
static bool parse_flag(const char *value, const char *only, bool *flag)
{
	*flag = strcmp(value, only) == 0;
	return *flag;
}

static const char *const off_on_auto[] = { "off", "on", "auto", NULL };

/* ---- one function for each key; false if the value is wrong ------------------------ */

static bool set_protocol(struct config *config, const char *value)
{
	(void)config;
	return strcmp(value, PROTOCOL) == 0;
}

static bool set_pid(struct config *config, const char *value)
{
	return parse_pid(value, &config->pid);
}

static bool set_tid(struct config *config, const char *value)
{
	return parse_pid(value, &config->tid);
}

static bool set_relation(struct config *config, const char *value)
{
	/* in the order of enum relation */
	static const char *const names[] = { "parent", "other", NULL };
	int choice = parse_choice(value, names);

	config->relation = choice < 0 ? JVM_IS_PARENT : (enum relation)choice;
	return choice >= 0;
}

static bool set_predecessor(struct config *config, const char *value)
{
	return parse_pid(value, &config->predecessor);
}

static bool set_exit_on_stdin_close(struct config *config, const char *value)
{
	return parse_flag(value, "yes", &config->exit_on_stdin_close);
}

static bool set_detached(struct config *config, const char *value)
{
	return parse_flag(value, "yes", &config->is_detached);
}

static bool set_dir(struct config *config, const char *value)
{
	config->dir = value;
	return *value && strlen(value) < PATH_MAX;
}

static bool set_fallback_dir(struct config *config, const char *value)
{
	return parse_path(value, &config->fallback_dir);
}

static bool set_work_dir(struct config *config, const char *value)
{
	return parse_path(value, &config->work_dir);
}

static bool set_java(struct config *config, const char *value)
{
	return parse_path(value, &config->java);
}

static bool set_jar(struct config *config, const char *value)
{
	return parse_path(value, &config->jar);
}

static bool set_vm_options(struct config *config, const char *value)
{
	config->vm_options = value;
	return true;
}

static bool set_command_line(struct config *config, const char *value)
{
	config->command_line = value;
	return true;
}

static bool set_report_options(struct config *config, const char *value)
{
	config->report_options = value;
	return true;
}

/* "11,7,4": signal numbers */
static bool set_signals(struct config *config, const char *value)
{
	config->signals = 0;
	while (*value) {
		char *end;
		unsigned long sig = strtoul(value, &end, 10);

		if (end == value || sig < 1 || sig > 63 || (*end && *end != ','))
			return false;
		config->signals |= 1ULL << sig;
		value = *end ? end + 1 : end;
	}
	return true;
}

static bool set_marker(struct config *config, const char *value)
{
	config->marker = marker_of_option(value);
	return config->marker >= 0 || strcmp(value, "auto") == 0;
}

static bool set_freeze(struct config *config, const char *value)
{
	int choice = parse_choice(value, off_on_auto);

	config->freeze_option = value;
	config->freeze = choice == 0 ? FREEZE_OFF : choice == 1 ? FREEZE_STOPPED : FREEZE_WANTED;
	return choice >= 0;
}

static bool set_hold(struct config *config, const char *value)
{
	int choice = parse_choice(value, off_on_auto);

	config->hold = choice != 0;
	return choice >= 0;
}

static bool set_on_exit(struct config *config, const char *value)
{
	int choice = parse_choice(value, on_exit_names);

	config->on_exit = choice < 0 ? ON_EXIT_NONZERO : (enum on_exit)choice;
	return choice >= 0;
}

static bool set_deadline(struct config *config, const char *value)
{
	unsigned long number;

	if (!parse_number(value, MAX_DEADLINE_MS, &number))
		return false;
	config->deadline_ms = (uint32_t)number;
	return true;
}

static bool set_buffer(struct config *config, const char *value)
{
	config->perf_buffer = strcmp(value, "perf") == 0;
	return true;
}

static bool set_socket(struct config *config, const char *value)
{
	return parse_path(value, &config->socket);
}

static bool set_match(struct config *config, const char *value)
{
	config->match = value;
	return true;
}

static bool set_termination_message(struct config *config, const char *value)
{
	config->termination_message = value;
	return strcmp(value, "off") == 0 || strcmp(value, "auto") == 0 ||
	       parse_path(value, &config->termination_message);
}

/* docs/internals/protocols.md describes each key. */
static const struct key {
	const char *name;
	bool (*set)(struct config *config, const char *value);
} keys[] = {
	{ "protocol", set_protocol },
	{ "pid", set_pid },
	{ "tid", set_tid },
	{ "relation", set_relation },
	{ "predecessor", set_predecessor },
	{ "exit-on-stdin-close", set_exit_on_stdin_close },
	{ "detached", set_detached },
	{ "dir", set_dir },
	{ "fallback-dir", set_fallback_dir },
	{ "work-dir", set_work_dir },
	{ "java", set_java },
	{ "jar", set_jar },
	{ "vm-options", set_vm_options },
	{ "command-line", set_command_line },
	{ "report-options", set_report_options },
	{ "signals", set_signals },
	{ "marker", set_marker },
	{ "freeze", set_freeze },
	{ "hold", set_hold },
	{ "on-exit", set_on_exit },
	{ "deadline-ms", set_deadline },
	{ "buffer", set_buffer },
	{ "socket", set_socket },
	{ "match", set_match },
	{ "termination-message", set_termination_message },
};

/* What a JVM may tell the daemon. */
static const char *const told_keys[] = {
	"protocol", "vm-options", "command-line", "report-options", "on-exit", "deadline-ms", NULL,
};

/* only: the keys that are accepted; NULL: all. */
static bool set_pair(struct config *config, const char *name, const char *value,
		     const char *const *only)
{
	if (only && parse_choice(name, only) < 0)
		return false;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (strcmp(name, keys[i].name) == 0)
			return keys[i].set(config, value);
	return false;
}

static int set_pairs(struct config *config, const char *const *only, const char **why)
{
	char *pair = config->raw.data;

	while (*pair) {
		char *next = pair + strlen(pair) + 1;
		char *value = strchr(pair, '=');

		*why = pair;
		if (!value)
			return -1;
		*value = '\0';
		if (!set_pair(config, pair, value + 1, only)) {
			*value = '=';
			return -1;
		}
		pair = next;
	}
	return 0;
}

int config_parse(struct config *config, const char **why)
{
	config->marker = -1;
	config->freeze = FREEZE_WANTED;
	config->freeze_option = "auto";
	config->hold = true;
	config->on_exit = ON_EXIT_NONZERO;
	config->deadline_ms = 3000;
	if (set_pairs(config, NULL, why))
		return -1;
	*why = "dir, fallback-dir, java and jar are required";
	return config->dir && config->fallback_dir && config->java && config->jar ? 0 : -1;
}

/* Whether these lines change nothing but the JVM's own report; how many are kept is not its own. */
static bool are_own_options(const char *lines)
{
	static const char *const own[] = { "tags=", "snapshot=", "redact=", NULL };

	while (lines && *lines) {
		const char *const *name = own;

		while (*name && strncmp(lines, *name, strlen(*name)) != 0)
			name++;
		if (!*name)
			return false;
		lines = strchr(lines, '\n');
		lines = lines ? lines + 1 : NULL;
	}
	return true;
}

int config_hear(struct config *config, const char **why)
{
	if (set_pairs(config, told_keys, why))
		return -1;
	*why = "report-options: only tags, snapshot and redact";
	return are_own_options(config->report_options) ? 0 : -1;
}

static bool complete(const struct text *raw)
{
	return raw->len >= 2 && !raw->data[raw->len - 1] && !raw->data[raw->len - 2];
}

int config_read(struct config *config, int fd, const char **why)
{
	char chunk[4096];
	ssize_t n;

	memset(config, 0, sizeof(*config));
	while (!complete(&config->raw)) {
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || config->raw.len + (size_t)n > MAX_CONFIG) {
			*why = "the configuration on standard input is incomplete";
			return -1;
		}
		text_append(&config->raw, chunk, (size_t)n);
		if (config->raw.failed) {
			*why = "out of memory";
			return -1;
		}
	}
	return config_parse(config, why);
}

void config_free(struct config *config)
{
	text_free(&config->raw);
	memset(config, 0, sizeof(*config));
}
