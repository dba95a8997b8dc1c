/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JAVA_PROCESS_H
#define JAVA_PROCESS_H

#include "base/config.h"

/*
 * Becomes a Java process that runs a class of the agent's jar: small, quick to
 * start, in a clean environment, and leaving no traces of its own. Standard output
 * and error are what they are. It has no privileges but those of its user. For a child, after
 * fork().
 */
_Noreturn void java_exec(const struct config *config, const char *heap, const char *vm_option,
			 const char *main_class, const char *argument);

#endif
