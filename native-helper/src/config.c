// SPDX-License-Identifier: Apache-2.0
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* "11,7,4": signal numbers */
static bool parse_signals(const char *value, uint64_t *signals)
{
	*signals = 0;
	while (*value) {
		char *end;
		unsigned long sig = strtoul(value, &end, 10);

		if (end == value || sig < 1 || sig > 63 || (*end && *end != ','))
			return false;
		*signals |= 1ULL << sig;
		value = *end ? end + 1 : end;
	}
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

static bool parse_marker(const char *value, int *marker)
{
	/* in the order of enum marker */
	static const char *const names[] = { "none",	 "uprobe",   "fentry",
					     "syscalls", "delivery", NULL };

	*marker = parse_choice(value, names);
	return *marker >= 0 || strcmp(value, "auto") == 0;
}

static bool parse_freeze(struct config *config, const char *value)
{
	static const char *const names[] = { "off", "on", "auto", NULL };
	int choice = parse_choice(value, names);

	config->freeze_option = value;
	config->freeze = choice == 0 ? FREEZE_OFF : choice == 1 ? FREEZE_STOPPED : FREEZE_WANTED;
	return choice >= 0;
}

static bool parse_hold(const char *value, bool *hold)
{
	static const char *const names[] = { "off", "on", "auto", NULL };
	int choice = parse_choice(value, names);

	*hold = choice != 0;
	return choice >= 0;
}

static bool parse_on_exit(const char *value, enum on_exit *on_exit)
{
	static const char *const names[] = { "never", "nonzero", "always", NULL };
	int choice = parse_choice(value, names);

	*on_exit = choice < 0 ? ON_EXIT_NONZERO : (enum on_exit)choice;
	return choice >= 0;
}

static bool parse_kinship(const char *value, enum kinship *kinship)
{
	/* in the order of enum kinship */
	static const char *const names[] = { "parent", "other", NULL };
	int choice = parse_choice(value, names);

	*kinship = choice < 0 ? JVM_IS_PARENT : (enum kinship)choice;
	return choice >= 0;
}

static bool parse_pair(struct config *config, const char *key, const char *value)
{
	unsigned long number;

	if (strcmp(key, "protocol") == 0)
		return strcmp(value, PROTOCOL) == 0;
	if (strcmp(key, "dir") == 0) {
		config->dir = value;
		return *value && strlen(value) < PATH_MAX;
	}
	if (strcmp(key, "fallback-dir") == 0)
		return parse_path(value, &config->fallback_dir);
	if (strcmp(key, "work-dir") == 0)
		return parse_path(value, &config->work_dir);
	if (strcmp(key, "java") == 0)
		return parse_path(value, &config->java);
	if (strcmp(key, "jar") == 0)
		return parse_path(value, &config->jar);
	if (strcmp(key, "vm-options") == 0) {
		config->vm_options = value;
		return true;
	}
	if (strcmp(key, "command-line") == 0) {
		config->command_line = value;
		return true;
	}
	if (strcmp(key, "report-options") == 0) {
		config->report_options = value;
		return true;
	}
	if (strcmp(key, "signals") == 0)
		return parse_signals(value, &config->signals);
	if (strcmp(key, "marker") == 0)
		return parse_marker(value, &config->marker);
	if (strcmp(key, "freeze") == 0)
		return parse_freeze(config, value);
	if (strcmp(key, "hold") == 0)
		return parse_hold(value, &config->hold);
	if (strcmp(key, "on-exit") == 0)
		return parse_on_exit(value, &config->on_exit);
	if (strcmp(key, "pid") == 0)
		return parse_pid(value, &config->pid);
	if (strcmp(key, "tid") == 0)
		return parse_pid(value, &config->tid);
	if (strcmp(key, "jvm") == 0)
		return parse_kinship(value, &config->kinship);
	if (strcmp(key, "predecessor") == 0)
		return parse_pid(value, &config->predecessor);
	if (strcmp(key, "lifeline") == 0) {
		config->lifeline = strcmp(value, "stdin") == 0;
		return config->lifeline;
	}
	if (strcmp(key, "detached") == 0) {
		config->is_detached = strcmp(value, "yes") == 0;
		return config->is_detached;
	}
	if (strcmp(key, "buffer") == 0) {
		config->perf_buffer = strcmp(value, "perf") == 0;
		return true;
	}
	if (strcmp(key, "deadline-ms") == 0 && parse_number(value, MAX_DEADLINE_MS, &number)) {
		config->deadline_ms = (uint32_t)number;
		return true;
	}
	return false;
}

int config_parse(struct config *config, const char **why)
{
	char *pair = config->raw.data;

	config->marker = -1;
	config->freeze = FREEZE_WANTED;
	config->freeze_option = "auto";
	config->hold = true;
	config->on_exit = ON_EXIT_NONZERO;
	config->deadline_ms = 3000;
	while (*pair) {
		char *next = pair + strlen(pair) + 1;
		char *value = strchr(pair, '=');

		*why = pair;
		if (!value)
			return -1;
		*value = '\0';
		if (!parse_pair(config, pair, value + 1)) {
			*value = '=';
			return -1;
		}
		pair = next;
	}
	*why = "dir, fallback-dir, java and jar are needed";
	return config->dir && config->fallback_dir && config->java && config->jar ? 0 : -1;
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
			*why = "no complete configuration on standard input";
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
