// SPDX-License-Identifier: Apache-2.0
#include "daemon/match.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "process/jvm_threads.h"

#define MAX_TEXT (8 << 20) /* more than execve(2) accepts by default */
#define MAX_RULE 1024

/* A rule; the texts are those of its line. */
struct rule {
	bool takes;
	const struct kind *kind;
	char pattern[MAX_RULE];
};

/* What a rule looks at: parts of one file below /proc/PID, each ended by the same character. */
struct subject {
	const struct jvm *jvm;
	const char *pattern;
};

static bool read_file(const struct jvm *jvm, const char *name, struct text *text)
{
	bool is_read = text_read_file(text, jvm->proc_fd, name, MAX_TEXT) == 0 && text->len;

	text_append(text, "", 1);
	if (is_read && !text->failed)
		return true;
	text_free(text);
	return false;
}

static bool fits(const char *pattern, const char *part)
{
	return fnmatch(pattern, part, 0) == 0;
}

/* Whether the pattern fits one of the parts; a cgroup's path begins after the second colon. */
static bool fits_part(const struct subject *subject, const char *file, char separator, int colons,
		      bool if_unknown)
{
	struct text text = {};
	bool does = false;
	char *part, *end;

	if (!read_file(subject->jvm, file, &text))
		return if_unknown;
	end = text.data + text.len - 1;
	for (part = text.data; part < end && !does; part += strlen(part) + 1) {
		char *stop = memchr(part, separator, (size_t)(end - part));
		const char *from = part;

		if (stop)
			*stop = '\0';
		for (int i = 0; from && i < colons; i++) {
			from = strchr(from, ':');
			from = from ? from + 1 : NULL;
		}
		does = from && fits(subject->pattern, from);
	}
	text_free(&text);
	return does;
}

static bool fits_user(const struct subject *subject, bool if_unknown)
{
	struct jvm_user user = jvm_read_user(subject->jvm);
	char uid[16];

	(void)snprintf(uid, sizeof(uid), "%u", user.uid);
	return user.is_known ? fits(subject->pattern, uid) : if_unknown;
}

static bool fits_cgroup(const struct subject *subject, bool if_unknown)
{
	return fits_part(subject, "cgroup", '\n', 2, if_unknown);
}

static bool fits_command(const struct subject *subject, bool if_unknown)
{
	struct text text = {};
	bool does;

	if (!read_file(subject->jvm, "cmdline", &text))
		return if_unknown;
	for (size_t i = 0; i + 2 < text.len; i++)
		if (!text.data[i])
			text.data[i] = ' ';
	does = fits(subject->pattern, text.data);
	text_free(&text);
	return does;
}

static bool fits_env(const struct subject *subject, bool if_unknown)
{
	return fits_part(subject, "environ", '\0', 0, if_unknown);
}

static const struct kind {
	const char *name;
	bool (*fits)(const struct subject *subject, bool if_unknown);
} kinds[] = {
	{ "user", fits_user },
	{ "cgroup", fits_cgroup },
	{ "command", fits_command },
	{ "env", fits_env },
};

static const struct kind *kind_of(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strlen(kinds[i].name) == len && memcmp(kinds[i].name, name, len) == 0)
			return &kinds[i];
	return NULL;
}

/* A line of len characters. */
static bool parse(struct rule *rule, const char *line, size_t len)
{
	const char *kind = line + 5, *blank;

	if (len < 5 || (memcmp(line, "take ", 5) != 0 && memcmp(line, "skip ", 5) != 0))
		return false;
	rule->takes = *line == 't';
	blank = memchr(kind, ' ', len - 5);
	if (!blank)
		return false;
	rule->kind = kind_of(kind, (size_t)(blank - kind));
	len -= (size_t)(blank + 1 - line);
	if (!rule->kind || !len || len >= sizeof(rule->pattern))
		return false;
	memcpy(rule->pattern, blank + 1, len);
	rule->pattern[len] = '\0';
	return true;
}

/* The next line, without its end; NULL if there is none. *rules moves behind it. */
static const char *next_line(const char **rules, size_t *len)
{
	const char *line = *rules;

	if (!line)
		return NULL;
	line += strspn(line, "\n");
	*len = strcspn(line, "\n");
	*rules = line + *len;
	return *len ? line : NULL;
}

bool match_takes(const char *rules, const struct jvm *jvm)
{
	bool takes_others = true;
	const char *line;
	size_t len;

	while ((line = next_line(&rules, &len))) {
		struct rule rule;
		struct subject subject = { .jvm = jvm, .pattern = rule.pattern };

		if (!parse(&rule, line, len))
			return false; /* checked at the start of the daemon */
		if (rule.kind->fits(&subject, !rule.takes))
			return rule.takes;
		if (rule.takes)
			takes_others = false;
	}
	return takes_others;
}

bool match_is_valid(const char *rules, const char **why)
{
	struct rule rule;
	size_t len;

	while ((*why = next_line(&rules, &len)))
		if (!parse(&rule, *why, len))
			return false;
	return true;
}
