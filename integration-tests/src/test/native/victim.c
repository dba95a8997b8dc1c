// SPDX-License-Identifier: Apache-2.0
/* Ways to die, and not to die, in native code. */
#include <assert.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <jni.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define CASE(name, type, ...) JNIEXPORT type JNICALL Java_io_jmortem_it_victim_Native_##name(JNIEnv *env, jclass cls, ##__VA_ARGS__)
#define UNUSED (void)env, (void)cls

CASE(nullDereference, void)
{
	UNUSED;
	*(volatile int *)(uintptr_t)0x18 = 42;
}

CASE(divideByZero, jint, jint by)
{
	UNUSED;
	volatile int one = 1;
	int result;

	__asm__ volatile("movl %1, %%eax; cltd; idivl %2; movl %%eax, %0"
			 : "=r"(result)
			 : "r"(one), "r"(by)
			 : "eax", "edx");
	return result;
}

CASE(illegalInstruction, void)
{
	UNUSED;
	__asm__ volatile("ud2");
}

/* Returns the address that faults. */
CASE(mapTruncated, jlong)
{
	char name[] = "/tmp/jmortem-victim-XXXXXX";
	int fd = mkstemp(name);
	void *page;

	UNUSED;
	unlink(name);
	if (fd < 0 || ftruncate(fd, 4096))
		return 0;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ftruncate(fd, 0))
		return 0;
	return (jlong)(uintptr_t)page;
}

CASE(read, jint, jlong address)
{
	UNUSED;
	return *(volatile int *)(uintptr_t)address;
}

CASE(callAbort, void)
{
	UNUSED;
	abort();
}

CASE(raiseSignal, void, jint sig)
{
	UNUSED;
	kill(getpid(), sig);
}

CASE(exitNow, void, jint status)
{
	UNUSED;
	_exit(status);
}

/* ---- a thread that can't be stopped, as while it starts a process ------------- */

static int asleep[2];

CASE(prepareSleep, void)
{
	UNUSED;
	if (pipe(asleep))
		abort();
}

/* The calling thread is in an uninterruptible sleep until the child has ended. */
CASE(sleepUninterruptibly, void, jint seconds)
{
	UNUSED;
	if (vfork() == 0) {
		ssize_t ignored = write(asleep[1], "", 1);

		(void)ignored;
		sleep((unsigned int)seconds);
		_exit(0);
	}
}

CASE(awaitSleep, void)
{
	char byte;
	ssize_t ignored = read(asleep[0], &byte, 1);

	UNUSED;
	(void)ignored;
}

/* ---- a library that lives on SIGSEGV of its own, and passes on what is not -- */

static struct sigaction previous;
static __thread sigjmp_buf *probing;

static void on_segv(int sig, siginfo_t *info, void *context)
{
	if (probing)
		siglongjmp(*probing, 1);
	previous.sa_sigaction(sig, info, context);
}

CASE(installHandler, void)
{
	struct sigaction action = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	UNUSED;
	sigaction(SIGSEGV, &action, &previous);
}

/* Whether memory can be read there: by trying, as async-profiler does. */
CASE(isReadable, jboolean, jlong address)
{
	sigjmp_buf here;

	UNUSED;
	probing = &here;
	if (sigsetjmp(here, 1) == 0) {
		(void)*(volatile int *)(uintptr_t)address;
		probing = NULL;
		return JNI_TRUE;
	}
	probing = NULL;
	return JNI_FALSE;
}

/* ---- Java below native code below Java --------------------------------------- */

CASE(callBack, void, jobject body)
{
	jclass type = (*env)->FindClass(env, "java/lang/Runnable");

	(void)cls;
	(*env)->CallVoidMethod(env, body, (*env)->GetMethodID(env, type, "run", "()V"));
}

CASE(pause, void)
{
	UNUSED;
	for (;;)
		pause();
}

CASE(failAssertion, void, jint number)
{
	UNUSED;
	assert(number == 42);
}

/* What glibc finds when it is freed, or never. */
CASE(freeWrongPointer, void)
{
	volatile uintptr_t wrong = (uintptr_t)malloc(64) + 24;

	UNUSED;
	free((void *)wrong);
}

static int recurse(volatile char *above)
{
	volatile char frame[512];

	frame[0] = above[0];
	return recurse(frame) + frame[0];
}

/* HotSpot's handler needs the same stack. */
CASE(overflowStack, jint)
{
	char top = 1;

	UNUSED;
	return recurse(&top);
}

/* std::terminate() of the C++ library. */
CASE(terminate, void)
{
	void *library = dlopen("libstdc++.so.6", RTLD_NOW);
	void (*terminate)(void) = library ? (void (*)(void))dlsym(library, "_ZSt9terminatev") : NULL;

	UNUSED;
	if (terminate)
		terminate();
}

/* throw std::runtime_error("victim: bad stream"), in a thread that the VM does not know. */
static void *throw_exception(void *unused)
{
	void *library = dlopen("libstdc++.so.6", RTLD_NOW);
	void *(*allocate)(size_t) = (void *(*)(size_t))dlsym(library, "__cxa_allocate_exception");
	void (*construct)(void *, const char *) =
		(void (*)(void *, const char *))dlsym(library, "_ZNSt13runtime_errorC1EPKc");
	void (*throw)(void *, void *, void (*)(void *)) =
		(void (*)(void *, void *, void (*)(void *)))dlsym(library, "__cxa_throw");
	void *exception = allocate(16);

	(void)unused;
	construct(exception, "victim: bad stream");
	throw(exception, dlsym(library, "_ZTISt13runtime_error"), NULL);
	return NULL;
}

static void run_in_thread(void *(*body)(void *), void *argument)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, body, argument) == 0)
		pthread_join(thread, NULL);
}

CASE(throwException, void)
{
	UNUSED;
	run_in_thread(throw_exception, NULL);
}

static void *overflow(void *top)
{
	(void)recurse(top);
	return NULL;
}

CASE(overflowThreadsStack, void)
{
	char top = 1;

	UNUSED;
	run_in_thread(overflow, &top);
}

/* JNI for another thread's env, as often as it takes. */
static void *find_classes(void *env)
{
	for (;;)
		(*(JNIEnv *)env)->FindClass(env, "java/lang/Nothing");
	return NULL;
}

CASE(useOthersEnv, void)
{
	(void)cls;
	run_in_thread(find_classes, env);
}

CASE(fatalError, void, jint number)
{
	(void)cls;
	(*env)->FatalError(env, number == 1 ? "victim: gave up" : "victim: gave up again");
}

/* -Xcheck:jni finds it. */
CASE(passDeletedReference, void)
{
	jstring string = (*env)->NewStringUTF(env, "gone");

	(void)cls;
	(*env)->DeleteLocalRef(env, string);
	(*env)->GetStringUTFChars(env, string, NULL);
}

static void crash_at_exit(void)
{
	*(volatile int *)(uintptr_t)0x18 = 42;
}

CASE(crashAtExit, void)
{
	UNUSED;
	atexit(crash_at_exit);
}

/* ---- a handler that takes HotSpot's faults, and wants none of them ------------ */

static void refuse(int sig)
{
	signal(sig, SIG_DFL);
	raise(sig);
}

CASE(refuseFaults, void)
{
	struct sigaction action = { .sa_handler = refuse, .sa_flags = SA_ONSTACK | SA_NODEFER };

	UNUSED;
	sigaction(SIGSEGV, &action, NULL);
}

/* As Python's faulthandler: whose handler it was gets the signal again. */
static void raise_again(int sig)
{
	sigaction(sig, &previous, NULL);
	raise(sig);
}

CASE(raiseFaultsAgain, void)
{
	struct sigaction action = { .sa_handler = raise_again, .sa_flags = SA_ONSTACK | SA_NODEFER };

	UNUSED;
	sigaction(SIGSEGV, &action, &previous);
}

CASE(exitOrderly, void, jint status)
{
	UNUSED;
	exit(status);
}

CASE(useUpCpuTime, void)
{
	const struct rlimit limit = { 1, 60 };
	volatile long count = 0;

	UNUSED;
	setrlimit(RLIMIT_CPU, &limit);
	for (;;)
		count++;
}

CASE(setAlarm, void)
{
	const struct itimerval soon = { .it_value = { .tv_usec = 1000 } };

	UNUSED;
	setitimer(ITIMER_REAL, &soon, NULL);
}

/* A system call that is refused; by a signal, as Chrome's and Docker's filters may do. */
CASE(callRefused, void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(*filter), filter };

	UNUSED;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	syscall(SYS_getppid);
}

/* The process goes on as another program. */
CASE(becomeShell, void, jint status)
{
	char *const arguments[] = { "sh", "-c", status ? "sleep 0.1; exit 9" : "sleep 0.1", NULL };
	char *const environment[] = { NULL };

	UNUSED;
	execve("/bin/sh", arguments, environment);
}

/* From then on the kernel lets nobody without privileges look into it. */
CASE(becomeUnreadable, void)
{
	UNUSED;
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* The same, from its start on, as -agentpath. */
JNIEXPORT jint JNICALL Agent_OnLoad(JavaVM *vm, char *options, void *reserved)
{
	(void)vm, (void)options, (void)reserved;
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ? JNI_ERR : JNI_OK;
}
