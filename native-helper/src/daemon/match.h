/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MATCH_H
#define MATCH_H

#include <stdbool.h>

#include "process/jvm.h"

/*
 * Whether the daemon watches a JVM. rules: one a line, "take KIND PATTERN" or "skip KIND PATTERN".
 * The first rule that fits decides. If none fits, the JVM is watched unless there is a "take" rule.
 * Kinds:
 *
 *   user     the real uid, a number
 *   cgroup   any of the process's cgroup paths
 *   command  the command line, arguments joined by blanks
 *   env      a variable at the start of the process, NAME=VALUE
 *
 * A pattern is that of fnmatch(3); '*' also matches '/'. What can't be read fits no "take" rule,
 * and every "skip" rule: a JVM is rather left out than watched against a rule.
 */
bool match_takes(const char *rules, const struct jvm *jvm);

/* Whether these are rules; if not, *why is the first wrong line, which is not ended by NUL. */
bool match_is_valid(const char *rules, const char **why);

#endif
