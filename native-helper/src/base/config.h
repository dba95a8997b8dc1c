/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_H
#define CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"
#include "jmortem.h"

/* of agent, command line and helper: HelperConfiguration has the same number */
#define PROTOCOL "2"

/* What the process to be watched is to the helper. */
enum relation {
	JVM_IS_PARENT, /* it started the helper; if it has ended since, the helper has another
			  parent */
	JVM_IS_OTHER,
};

enum on_exit { ON_EXIT_NEVER, ON_EXIT_NONZERO, ON_EXIT_ALWAYS };

/*
 * What the agent asks for: "key=value" pairs, each ended by a NUL, the whole by
 * an empty one. Every path but dir is absolute. The strings point into raw.
 */
struct config {
	struct text raw;
	pid_t pid;
	pid_t tid; /* a thread that lives as long as the JVM does; 0: choose one */
	enum relation relation;
	pid_t predecessor; /* a helper that watches the JVM until now; 0: none */
	bool is_late; /* the JVM runs already, and perhaps not for long: BPF later */
	bool is_one_of_many; /* of a command's JVMs: what is missing has been said for all */
	bool is_detached; /* who starts us goes, and its stderr is none of the JVM's */
	bool exit_on_stdin_close; /* watch only as long as standard input is open */
	const char *dir; /* where reports go; relative to the directory that we were started in */
	const char *fallback_dir; /* where they go if dir can't be written */
	const char *work_dir; /* private to this JVM and helper; may be NULL */
	const char *java; /* that the walker and the reporter run on */
	const char *jar; /* that the reporter is in */
	const char *freeze_option; /* as asked for: auto, on, off */
	const char *vm_options; /* of the JVM's environment; may be NULL */
	const char *command_line; /* the JVM's own, each argument ended by 0x1f; may be NULL */
	const char *report_options; /* for the reporter alone: key=value lines */
	uint64_t signals; /* bit N: record who sends signal N */
	uint32_t deadline_ms;
	int marker; /* enum marker, or -1: the best that loads */
	enum freeze freeze;
	bool hold; /* keep a thread in its exit until the memory is read */
	enum on_exit on_exit;
	bool perf_buffer; /* as if the kernel had no ring buffer: for tests */
};

/*
 * Reads fd until the empty pair. Returns 0; or -1, and *why says in one line
 * which pair was wrong (a static or owned string, valid as long as config is).
 */
int config_read(struct config *config, int fd, const char **why);

/* The same from memory; takes over raw, which must end in two NULs. */
int config_parse(struct config *config, const char **why);

/* As in the configuration. */
const char *on_exit_name(enum on_exit on_exit);

void config_free(struct config *config);

#endif
