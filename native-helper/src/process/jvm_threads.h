/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_THREADS_H
#define JVM_THREADS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"
#include "process/jvm.h"

/* Reads the JVM's threads from /proc/PID/task. */

/* Chooses the thread to trace: one that lives as long as the JVM. */
pid_t jvm_choose_anchor(const struct jvm *jvm);

/* The state of all threads of a process except its anchor. */
enum other_threads {
	THREADS_GONE,
	THREADS_ENDING, /* or in uninterruptible sleep, until they can end */
	THREADS_RUN, /* the anchor has ended alone */
	THREADS_EXEC, /* one of them is in execve, which ends the others */
};

/* Waits until their state is known, at most until deadline_ns. */
enum other_threads jvm_await_other_threads(const struct jvm *jvm, uint64_t deadline_ns);

/* Whether tid is now a thread of this process. */
bool jvm_has_thread(const struct jvm *jvm, pid_t tid);

/* Whether there are threads besides its anchor. */
bool jvm_has_other_threads(const struct jvm *jvm);

/* The process that traces one of its threads, in our pid namespace; 0: none. */
pid_t jvm_tracer(const struct jvm *jvm);

/* The state letter of a thread: 'R', 'S', 'T' stopped, 't' traced...; 0: unknown. */
char jvm_state(const struct jvm *jvm, pid_t tid);

/* The users and groups of a process (credentials(7)). */
struct jvm_user {
	bool is_known;
	uid_t uid, fsuid; /* the real one, and the one for creating files */
	gid_t fsgid;
};

/* Reads the current ones. */
struct jvm_user jvm_read_user(const struct jvm *jvm);

#endif
