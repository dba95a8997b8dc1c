/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JAVA_PROCESS_H
#define JAVA_PROCESS_H

#include "base/config.h"

/*
 * Becomes a Java process that runs a class of the agent's jar. The process is small, starts
 * quickly, has a clean environment, and leaves no files. Standard output and error stay unchanged.
 * It has only the privileges of its user. Call it in a child, after fork().
 */
_Noreturn void java_exec(const struct config *config, const char *heap, const char *vm_option,
			 const char *main_class, const char *argument);

#endif
