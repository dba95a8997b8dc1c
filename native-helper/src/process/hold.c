// SPDX-License-Identifier: Apache-2.0
#include "process/hold.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "process/jvm_threads.h"
#include "process/privileges.h"

#define STRANGER_PATIENCE_MS 100

/* Only a stopped tracee can be released. It stops at once, unless in uninterruptible sleep. */
static void let_stranger_go(pid_t tid)
{
	const struct timespec pause = { .tv_nsec = NANOS_PER_MILLI };
	int status;

	(void)ptrace(PTRACE_INTERRUPT, tid, NULL, 0L);
	for (unsigned int i = 0; i < STRANGER_PATIENCE_MS; i++) {
		if (waitpid(tid, &status, __WALL | WNOHANG) == tid) {
			if (WIFSTOPPED(status))
				(void)ptrace(PTRACE_DETACH, tid, NULL,
					     (long)(status >> 16 ? 0 : WSTOPSIG(status)));
			return;
		}
		nanosleep(&pause, NULL);
	}
	/* released later, by the code that reaps children and tracees */
}

int trace_thread(const struct jvm *jvm, pid_t tid, unsigned long options)
{
	int err;

	if (ptrace(PTRACE_SEIZE, tid, NULL, options))
		return -errno;
	/* a traced thread keeps its tid until we have been told of its end */
	err = jvm_has_thread(jvm, tid) ? privileges_check(jvm, tid) : -ESRCH;
	if (err)
		let_stranger_go(tid);
	return err;
}

int hold_begin(struct hold *hold, const struct jvm *jvm)
{
	int err = trace_thread(jvm, jvm->tid, PTRACE_O_TRACEEXIT | PTRACE_O_TRACEEXEC);

	memset(hold, 0, sizeof(*hold));
	if (!err)
		hold->tid = jvm->tid;
	return err;
}

/* A group stop, by SIGSTOP or a similar signal: it lasts until SIGCONT. */
static bool is_group_stop(int event, int sig)
{
	return event == PTRACE_EVENT_STOP &&
	       (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU);
}

static void go_on(const struct hold *hold, int event, int sig)
{
	/* events belong to ptrace; anything else is a signal to deliver */
	long pass_on = event ? 0 : sig;

	if (hold->is_to_end)
		(void)ptrace(PTRACE_DETACH, hold->tid, NULL, pass_on); /* keep the group stop */
	else if (is_group_stop(event, sig))
		(void)ptrace(PTRACE_LISTEN, hold->tid, NULL, 0L);
	else
		(void)ptrace(PTRACE_CONT, hold->tid, NULL, pass_on);
}

void hold_on_status(struct hold *hold, int wait_status)
{
	int event = wait_status >> 16;
	unsigned long message = 0;

	if (!WIFSTOPPED(wait_status)) {
		hold->tid = 0; /* a second SIGKILL has ended it while it was held */
		hold->is_exiting = false;
		return;
	}
	if (event == PTRACE_EVENT_EXEC) {
		/* another program, perhaps of another user: stop tracing before its first
		 * instruction */
		hold->has_become_another = true;
		(void)ptrace(PTRACE_DETACH, hold->tid, NULL, 0L);
		hold->tid = 0;
		return;
	}
	if (event == PTRACE_EVENT_EXIT && !hold->is_to_end) {
		(void)ptrace(PTRACE_GETEVENTMSG, hold->tid, NULL, &message);
		hold->is_exiting = true;
		hold->status = (uint32_t)message;
		return;
	}
	go_on(hold, event, WSTOPSIG(wait_status));
	if (hold->is_to_end)
		hold->tid = 0;
}

void hold_end(struct hold *hold)
{
	const struct timespec pause = { .tv_nsec = NANOS_PER_MILLI };
	int status;

	hold_release(hold);
	for (unsigned int i = 0; hold->tid && i < 100; i++) {
		if (waitpid(hold->tid, &status, __WALL | WNOHANG) == hold->tid)
			hold_on_status(hold, status);
		else
			nanosleep(&pause, NULL);
	}
}

void hold_release(struct hold *hold)
{
	if (!hold->tid)
		return;
	if (hold->is_exiting) {
		(void)ptrace(PTRACE_DETACH, hold->tid, NULL, 0L);
		hold->tid = 0;
		hold->is_exiting = false;
		return;
	}
	hold->is_to_end = true;
	(void)ptrace(PTRACE_INTERRUPT, hold->tid, NULL, 0L);
}
