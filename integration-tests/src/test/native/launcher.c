// SPDX-License-Identifier: Apache-2.0
/*
 * A program that embeds a JVM, whose main runs in the process's first thread: java's path, then
 * its arguments. With LAUNCHER_STATUS its main() returns that after the JVM was destroyed.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <jni.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_OPTIONS 64

typedef jint create(JavaVM **, void **, void *);

/* Whether a thread of this process has the name. */
static int has_thread(const char *name)
{
	char path[PATH_MAX], comm[32];
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *task;
	int found = 0;

	while (tasks && !found && (task = readdir(tasks))) {
		FILE *file;

		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", task->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		found = fgets(comm, sizeof(comm), file) && strncmp(comm, name, strlen(name)) == 0;
		fclose(file);
	}
	if (tasks)
		closedir(tasks);
	return found;
}

/* DestroyJavaVM does not wait for the last instructions of the VM thread. */
static void await_end_of_vm_thread(void)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	for (int i = 0; i < 10000 && has_thread("VM Thread\n"); i++)
		nanosleep(&pause, NULL);
}

static create *find_vm(const char *java)
{
	char path[PATH_MAX];
	void *library;

	(void)snprintf(path, sizeof(path), "%.*s/../lib/server/libjvm.so",
		       (int)(strrchr(java, '/') - java), java);
	library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
	return library ? (create *)dlsym(library, "JNI_CreateJavaVM") : NULL;
}

int main(int argc, char **argv)
{
	static char class_path[PATH_MAX], name[PATH_MAX];
	JavaVMOption options[MAX_OPTIONS];
	JavaVMInitArgs args = { .version = JNI_VERSION_1_8, .options = options };
	const char *status = getenv("LAUNCHER_STATUS");
	create *create_vm = argc > 1 ? find_vm(argv[1]) : NULL;
	JNIEnv *env;
	JavaVM *vm;
	jobjectArray arguments;
	jclass main_class;
	int at = 2;

	for (; at < argc && argv[at][0] == '-' && args.nOptions < MAX_OPTIONS; at++) {
		char *option = argv[at];

		if (strcmp(option, "-cp") == 0) {
			(void)snprintf(class_path, sizeof(class_path), "-Djava.class.path=%s",
				       argv[++at]);
			option = class_path;
		}
		options[args.nOptions++].optionString = option;
	}
	if (!create_vm || at >= argc || create_vm(&vm, (void **)&env, &args))
		return 99;
	(void)snprintf(name, sizeof(name), "%s", argv[at++]);
	for (char *c = name; *c; c++)
		if (*c == '.')
			*c = '/';
	main_class = (*env)->FindClass(env, name);
	arguments = (*env)->NewObjectArray(env, argc - at,
					   (*env)->FindClass(env, "java/lang/String"), NULL);
	for (int i = 0; at + i < argc; i++)
		(*env)->SetObjectArrayElement(env, arguments, i,
					      (*env)->NewStringUTF(env, argv[at + i]));
	(*env)->CallStaticVoidMethod(
		env, main_class,
		(*env)->GetStaticMethodID(env, main_class, "main", "([Ljava/lang/String;)V"),
		arguments);
	(*env)->ExceptionClear(env);
	(*vm)->DestroyJavaVM(vm);
	await_end_of_vm_thread();
	return status ? atoi(status) : 0;
}
