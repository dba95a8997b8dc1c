/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JAVA_PROCESS_H
#define JAVA_PROCESS_H

#include <sys/types.h>

#include "base/config.h"

/*
 * Becomes a Java process that runs a class of the agent's jar. The process is small, starts
 * quickly, has a clean environment, and leaves no files. Standard output and error stay unchanged.
 * It has only the privileges of its user. Call it in a child, after fork(). user: from
 * java_user(), or 0 to stay the one that we are. second: another argument, or NULL.
 */
_Noreturn void java_exec(const struct config *config, uid_t user, const char *heap,
			 const char *vm_option, const char *main_class, const char *argument,
			 const char *second);

/*
 * A throw-away user (throwaway.h) that can execute Java and read its files; 0: there is none. Call
 * it in a child, after fork().
 */
uid_t java_user(const struct config *config);

#endif
