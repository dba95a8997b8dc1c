/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_H
#define CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"
#include "jmortem.h"

/* between agent or command line and helper; HelperConfiguration has the same number */
#define PROTOCOL "2"

/* The relation of the watched process to the helper. */
enum relation {
	JVM_IS_PARENT, /* it started the helper; after its end, the helper has another parent */
	JVM_IS_OTHER,
};

enum on_exit { ON_EXIT_NEVER, ON_EXIT_NONZERO, ON_EXIT_ALWAYS };

/*
 * The configuration: "key=value" pairs, each ended by a NUL; an empty pair ends the whole. All
 * paths but dir are absolute. The strings point into raw.
 */
struct config {
	struct text raw;
	pid_t pid;
	pid_t tid; /* a thread that lives as long as the JVM does; 0: choose one */
	enum relation relation;
	pid_t predecessor; /* the helper that has watched the JVM so far; 0: none */
	bool is_late; /* the JVM runs already, perhaps only for a short time: load BPF later */
	bool is_one_of_many; /* one of a command's JVMs: what is missing was reported once */
	bool is_detached; /* the starting process ends, and its stderr is not that of the JVM */
	bool exit_on_stdin_close; /* watch only as long as standard input is open */
	const char *dir; /* for reports; relative to the directory that we were started in */
	const char *fallback_dir; /* used for reports if dir can't be written */
	const char *work_dir; /* private to this JVM and helper; may be NULL */
	const char *java; /* runs the walker and the reporter */
	const char *jar; /* contains the walker and the reporter */
	const char *freeze_option; /* the option's value: auto, on, off */
	const char *vm_options; /* from the JVM's environment; may be NULL */
	const char *command_line; /* of the JVM, each argument ended by 0x1f; may be NULL */
	const char *report_options; /* only for the reporter: key=value lines */
	uint64_t signals; /* bit N: record the sender of signal N */
	uint32_t deadline_ms;
	int marker; /* enum marker, or -1: the best one that can be loaded */
	enum freeze freeze;
	bool hold; /* hold a thread in its exit until the memory is read */
	enum on_exit on_exit;
	bool perf_buffer; /* as if the kernel had no ring buffer: for tests */
	const char *socket; /* the daemon's, where agents find it; NULL: not a daemon */
	const char *match; /* which JVMs the daemon watches: one rule a line; may be NULL */
	/* the daemon, which is root, watches for the JVM's user: who may read the report, and in
	 * whose report there is nothing of other users */
	bool is_for_tenant;
	const char *termination_message; /* off, auto or a path; NULL: the default */
	const char *jvm_name,
		*jvm_cgroup; /* a watch of the daemon: for the history; NULL for others */
	int control_fd; /* a watch of the daemon: from here come connections of its agent; 0: none
			 */
};

/*
 * Reads fd until the empty pair. Returns 0; or -1, and *why names the wrong pair in one line (a
 * static string, or one that is valid as long as config).
 */
int config_read(struct config *config, int fd, const char **why);

/* The same from memory; takes over raw, which must end in two NULs. */
int config_parse(struct config *config, const char **why);

/*
 * What a JVM says of itself, from memory and in the same form: only the keys that concern its own
 * report. What it does not say keeps its value. Takes over raw as config_parse() does.
 */
int config_hear(struct config *config, const char **why);

/* As in the configuration. */
const char *on_exit_name(enum on_exit on_exit);

void config_free(struct config *config);

#endif
