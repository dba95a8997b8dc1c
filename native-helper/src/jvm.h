/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_H
#define JVM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "jmortem.h"
#include "text.h"

/* An executable mapping of a file. start is 0 where there is none. */
struct image {
	struct code_range code;
	char path[256]; /* as the JVM sees it; cut off if longer */
	char identity[48]; /* device and inode, as the kernel writes them in maps */
};

/* The watched JVM as it was when the helper began to watch it. */
struct jvm {
	pid_t pid; /* as the helper sees it */
	pid_t tid; /* of a thread that outlives the first one: the anchor */
	int pidfd;
	int proc_fd; /* /proc/PID: stays this process's, even if the pid is reused */
	int root_fd; /* its root directory, of the time when it was opened; -1: unknown */
	/*
	 * Its mount namespace; -1: unknown. While it is open the kernel leaves mounted what is
	 * mounted there: HotSpot's log may lie on a volume that ends with the JVM.
	 */
	int mounts_fd;
	int mem_fd; /* /proc/PID/mem, or -errno where it may not be read */
	struct image libjvm, libc;
	struct code_range code_cache; /* generated code, with what is reserved for it */
	struct code_range vdso;
};

/* What the process is to us that we are to watch. */
enum kinship {
	JVM_IS_PARENT, /* it has started us; if that has ended meanwhile, another is our parent */
	JVM_IS_OTHER,
};

/*
 * Takes the process that has this pid now, and stays with it should the number be reused.
 * tid: its anchor, 0 to choose one. Its memory is not opened yet. Returns 0; or -errno, with
 * -ESRCH where it is not, or is no more, what it should be.
 */
int jvm_open(struct jvm *jvm, pid_t pid, pid_t tid, enum kinship kinship);

/* One that has ended before it could be opened: what it had in common with us is all there is. */
void jvm_of_ended(struct jvm *jvm, pid_t pid);

/*
 * Opens mem_fd, or sets it to -errno. Later it can't be opened any more: a dying
 * process's first thread has lost its memory already.
 */
void jvm_open_memory(struct jvm *jvm);

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

/* Its working directory as it is now, or -errno. */
int jvm_open_cwd(const struct jvm *jvm);

/* The users and groups of a process (credentials(7)). */
struct jvm_user {
	bool is_known;
	uid_t uid, fsuid; /* real one; the one that its files are made with */
	gid_t fsgid;
};

/* As they are now. */
struct jvm_user jvm_read_user(const struct jvm *jvm);

/* Whether there are threads besides its anchor. */
bool jvm_has_other_threads(const struct jvm *jvm);

/* The process that traces one of its threads, as our pid namespace has it; 0: none. */
pid_t jvm_tracer(const struct jvm *jvm);

/* Whether our pid namespace is the machine's: pids as we see them are the kernel's own. */
bool is_first_pid_namespace(void);

/*
 * Whether our pid namespace is likely to end with the process: it is the first one of a
 * namespace that is not the machine's, or the first one's child, as below a container's init.
 */
bool jvm_ends_namespace(const struct jvm *jvm);

/*
 * Opens the file that is mapped, to be read: by the mapping itself, for which one must be
 * privileged (proc(5), map_files); else through the JVM's root directory. Whichever it was, the
 * descriptor is of the very file that was mapped when the images were read. Returns it or -errno:
 * ENOENT where there is no such file any more.
 */
int jvm_open_file(const struct jvm *jvm, const struct image *image);

/* Fills in the images from the text of a /proc/PID/maps. */
void jvm_read_maps(struct jvm *jvm, const struct text *maps);

/* True once it has ended: only a zombie is left, or nothing. */
bool jvm_has_ended(const struct jvm *jvm);

/* A thread's letter in its stat: 'R', 'S', 'T' stopped, 't' traced...; 0: unknown. */
char jvm_state(const struct jvm *jvm, pid_t tid);

/*
 * The wait(2) status of a process that has ended, from its pidfd (Linux 6.15), which
 * has it as soon as the parent has asked for it. Returns 0 or -errno.
 */
int jvm_exit_status(const struct jvm *jvm, uint32_t *status);

void jvm_close(struct jvm *jvm);

#endif
