// SPDX-License-Identifier: Apache-2.0
#include "java/walker.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/null_device.h"
#include "java/java_process.h"
#include "java/protocol.h"
#include "process/maps.h"

/* Twice the largest output of the walker, which exists in two copies for a moment. */
#define MAX_OUTPUT (32 * 1024 * 1024)
#define MAX_CODE_LINES 4096

void walker_init(struct walker *walker)
{
	*walker = (struct walker) { .fd = -1 };
}

/* ---- its input ------------------------------------------------------------------ */

static void append_registers(struct text *text, bool known, const struct stack_registers *regs)
{
	char line[128];

	if (known)
		(void)snprintf(line, sizeof(line), " %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64,
			       (uint64_t)regs->rip, (uint64_t)regs->rsp, (uint64_t)regs->rbp,
			       (uint64_t)regs->r13);
	else
		(void)snprintf(line, sizeof(line), " -");
	text_append_string(text, line);
}

/* A line for each thread; the name comes last, because it may hold anything but NUL. */
static void append_thread(struct text *text, const struct thread *thread)
{
	char word[32];

	(void)snprintf(word, sizeof(word), WALK_THREAD " %d",
		       thread->vtid ? thread->vtid : thread->tid);
	text_append_string(text, word);
	append_registers(text, thread->has_regs, &thread->regs);
	text_append_string(text, " ");
	for (const char *c = thread->comm; *c; c++)
		text_append(text, *c == '\n' ? "?" : c, 1);
	text_append_string(text, "\n");
}

/*
 * Selects the mappings that the walker needs: the code of files, and the beginning of each file,
 * for its symbols. A JVM may have a hundred thousand other mappings, for instance of shared files.
 */
static bool is_of_code(const char *line, size_t len)
{
	const char *perms = memchr(line, ' ', len);

	if (!perms || line + len - perms < 16 || !memchr(line, '/', len))
		return false;
	perms++;
	return perms[2] == 'x' ||
	       (perms[1] != 'w' && perms[3] == 'p' && memcmp(perms + 5, "00000000 ", 9) == 0);
}

static void append_code(struct text *text, const struct jvm *jvm)
{
	unsigned int lines = 0;
	struct text maps = {};
	char path[32];

	(void)snprintf(path, sizeof(path), "task/%d/maps", jvm->tid);
	(void)text_read_file(&maps, jvm->proc_fd, path, MAX_MAPS);
	for (size_t at = 0; at < maps.len;) {
		const char *line = maps.data + at;
		const char *end = memchr(line, '\n', maps.len - at);
		size_t len = end ? (size_t)(end - line) + 1 : maps.len - at;

		/* without libjvm, no stacks can be read */
		if (memmem(line, len, "/libjvm.so", 10) ||
		    (is_of_code(line, len) && lines++ < MAX_CODE_LINES))
			text_append(text, line, len);
		at += len;
	}
	text_free(&maps);
}

/* Returns a memory file, or -1 with errno. */
static int write_input(const struct jvm *jvm, const struct thread_list *threads,
		       const struct crash *crash)
{
	struct text text = {};
	char word[96];
	int fd;

	if (crash) {
		(void)snprintf(word, sizeof(word), WALK_CRASHED " %u", crash->vtid);
		text_append_string(&text, word);
		append_registers(&text, crash->has_regs, &crash->regs);
		text_append_string(&text, "\n");
		if (crash->has_regs) {
			(void)snprintf(word, sizeof(word),
				       WALK_SAVED " %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64
						  "\n",
				       crash->rbx, crash->r12, crash->r14, crash->r15);
			text_append_string(&text, word);
		}
		if (crash->status) {
			(void)snprintf(word, sizeof(word), WALK_STATUS " %u\n", crash->status);
			text_append_string(&text, word);
		}
	}
	for (size_t i = 0; i < threads->count; i++)
		append_thread(&text, &threads->threads[i]);
	text_append_string(&text, WALK_MAPS "\n");
	append_code(&text, jvm);
	errno = ENOMEM;
	fd = text.failed ? -1 : (int)syscall(SYS_memfd_create, "jmortem-walk", MFD_CLOEXEC);
	for (size_t done = 0; fd >= 0 && done < text.len;) {
		ssize_t n = write(fd, text.data + done, text.len - done);

		if (n <= 0) {
			close(fd);
			fd = -1;
			break;
		}
		done += (size_t)n;
	}
	text_free(&text);
	return fd;
}

/* ---- the process ---------------------------------------------------------------- */

/* If memory runs out, the OOM killer should choose the walker first. */
static void be_first_victim(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	ssize_t ignored = fd < 0 ? 0 : write(fd, "1000", 4);

	(void)ignored;
	if (fd >= 0)
		close(fd);
}

static _Noreturn void become_walker(const struct evidence *evidence, pid_t helper, int output,
				    int input, uint64_t deadline_ns)
{
	char argument[32];
	int memory = fcntl(evidence->jvm->mem_fd, F_DUPFD, WALK_INPUT_FD + 1);
	int in = fcntl(input, F_DUPFD, WALK_INPUT_FD + 1);
	int out = fcntl(output, F_DUPFD, WALK_INPUT_FD + 1);
	int null = open_null(O_CLOEXEC);

	/* if the helper dies, the walker would read changing memory for nothing */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != helper)
		_exit(126);
	be_first_victim();
	(void)snprintf(argument, sizeof(argument), "%" PRIu64, deadline_ns);
	if (dup2(memory, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0 || dup2(in, WALK_INPUT_FD) < 0)
		_exit(126);
	close(memory);
	close(in);
	close(out);
	java_exec(evidence->config, java_user(evidence->config), "-Xmx96m",
		  "-XX:+SuppressFatalErrorMessage", "io.jmortem.walker.Main", argument, NULL);
}

bool walker_start(struct walker *walker, struct evidence *evidence,
		  const struct thread_list *threads, const struct crash *crash, enum moment moment,
		  struct headroom *headroom, uint64_t deadline_ns)
{
	uint64_t left = headroom_left(headroom), needed = headroom_needed(headroom);
	int input, ends[2];
	pid_t helper = getpid();

	if (evidence->jvm->mem_fd < 0)
		return false; /* was reported when arming */
	if (left < needed) {
		evidence_problem_at(evidence, PART_STACKS, moment,
				    "not read, because only %" PRIu64
				    " MiB of memory are left and the walk may need %" PRIu64 " MiB",
				    left >> 20, needed >> 20);
		return false;
	}
	input = write_input(evidence->jvm, threads, crash);
	if (input < 0 || pipe2(ends, O_CLOEXEC)) {
		evidence_problem_at(evidence, PART_STACKS, moment, "not read: %s", strerror(errno));
		if (input >= 0)
			close(input);
		return false;
	}
	walker_finish(walker, evidence, monotonic_ns()); /* a walker of an earlier moment */
	*walker = (struct walker) { .moment = moment, .fd = -1, .started_ns = monotonic_ns() };
	walker->pid = fork();
	if (walker->pid == 0)
		become_walker(evidence, helper, ends[1], input, deadline_ns);
	close(ends[1]);
	close(input);
	if (walker->pid < 0) {
		evidence_problem_at(evidence, PART_STACKS, moment,
				    "can't start a process for the walk: %s", strerror(errno));
		walker->pid = 0;
		close(ends[0]);
		return false;
	}
	walker->fd = ends[0];
	(void)fcntl(walker->fd, F_SETFL, O_NONBLOCK);
	return true;
}

/* ---- its output ------------------------------------------------------------------- */

static bool is_one_object(const struct text *text)
{
	return text->len >= 2 && text->data[0] == '{' && text->data[text->len - 1] == '}' &&
	       !memchr(text->data, '\n', text->len);
}

/* The walker's JVM may have failed to start, with a message. */
static void complain(struct walker *walker, struct evidence *evidence)
{
	struct text *output = &walker->output;
	const char *end = output->len ? memchr(output->data, '\n', output->len) : NULL;
	int len = (int)(end ? end - output->data : (ptrdiff_t)output->len);

	evidence_problem_at(evidence, PART_STACKS, walker->moment, "the walk failed%s%.*s",
			    len ? ": " : "", len > 200 ? 200 : len, len ? output->data : "");
}

static void on_output_end(struct walker *walker, struct evidence *evidence)
{
	close(walker->fd);
	walker->fd = -1;
	if (walker->has_read && !walker->output.failed && is_one_object(&walker->output)) {
		event_stacks(evidence, walker->moment, walker->started_ns, &walker->output);
	} else {
		complain(walker, evidence);
	}
	text_free(&walker->output);
}

void walker_consume(struct walker *walker, struct evidence *evidence)
{
	char buffer[65536];
	ssize_t n = 0;

	while (walker->fd >= 0 && (n = read(walker->fd, buffer, sizeof(buffer))) > 0) {
		const char *mark =
			walker->has_read ? NULL : memchr(buffer, WALK_HAS_READ, (size_t)n);
		const char *data = mark ? mark + 1 : buffer;

		if (mark) {
			walker->has_read = true;
			walker->output.len = 0;
			n -= data - buffer;
		}
		if (walker->output.len + (size_t)n > MAX_OUTPUT)
			walker->output.failed = true;
		else
			text_append(&walker->output, data, (size_t)n);
	}
	if (walker->fd >= 0 && (n == 0 || errno != EAGAIN))
		on_output_end(walker, evidence);
}

static void kill_walker(struct walker *walker, struct evidence *evidence)
{
	evidence_problem_at(evidence, PART_STACKS, walker->moment,
			    "the walk was ended at its deadline");
	if (walker->pid)
		kill(walker->pid, SIGKILL);
	close(walker->fd);
	walker->fd = -1;
	text_free(&walker->output);
}

/* Waits for the byte that says that the memory was read, or for the whole output. */
static void wait_for(struct walker *walker, struct evidence *evidence, uint64_t deadline_ns,
		     bool to_the_end)
{
	while (walker->fd >= 0 && (to_the_end || !walker->has_read)) {
		struct pollfd poll_fd = { .fd = walker->fd, .events = POLLIN };
		uint64_t now = monotonic_ns();

		if (now >= deadline_ns) {
			kill_walker(walker, evidence);
			return;
		}
		(void)poll(&poll_fd, 1, (int)((deadline_ns - now) / NANOS_PER_MILLI) + 1);
		walker_consume(walker, evidence);
	}
}

void walker_wait(struct walker *walker, struct evidence *evidence, uint64_t deadline_ns)
{
	wait_for(walker, evidence, deadline_ns, false);
}

void walker_rest(struct walker *walker)
{
	walker->is_resting = walker->pid && walker->fd >= 0 && kill(walker->pid, SIGSTOP) == 0;
}

void walker_go_on(struct walker *walker)
{
	if (walker->is_resting && walker->pid)
		(void)kill(walker->pid, SIGCONT);
	walker->is_resting = false;
}

void walker_finish(struct walker *walker, struct evidence *evidence, uint64_t deadline_ns)
{
	walker_go_on(walker);
	wait_for(walker, evidence, deadline_ns, true);
}
