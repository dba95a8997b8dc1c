/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_THREADS_H
#define JVM_THREADS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"
#include "process/jvm.h"

/* What /proc/PID/task tells of the JVM's threads. */

/* The thread to be traced: one that lives as long as the JVM does. */
pid_t jvm_choose_anchor(const struct jvm *jvm);

/* The threads of a process, but for its anchor. */
enum other_threads {
	THREADS_GONE,
	THREADS_ENDING, /* or in uninterruptible sleep, until they can end */
	THREADS_RUN, /* the anchor has ended alone */
	THREADS_EXEC, /* one of them is becoming another program, for which the others end */
};

/* Waits until it is clear, or deadline_ns, what has become of them. */
enum other_threads jvm_await_other_threads(const struct jvm *jvm, uint64_t deadline_ns);

/* Whether tid is, at this moment, a thread of this process and of no other. */
bool jvm_has_thread(const struct jvm *jvm, pid_t tid);

/* Whether there are threads besides its anchor. */
bool jvm_has_other_threads(const struct jvm *jvm);

/* The process that traces one of its threads, as our pid namespace has it; 0: none. */
pid_t jvm_tracer(const struct jvm *jvm);

/* A thread's letter in its stat: 'R', 'S', 'T' stopped, 't' traced...; 0: unknown. */
char jvm_state(const struct jvm *jvm, pid_t tid);

/* The users and groups of a process (credentials(7)). */
struct jvm_user {
	bool is_known;
	uid_t uid, fsuid; /* real one; the one that its files are made with */
	gid_t fsgid;
};

/* As they are now. */
struct jvm_user jvm_read_user(const struct jvm *jvm);

#endif
