/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TERMINATION_H
#define TERMINATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "evidence/evidence.h"

/* The most that Kubernetes shows of a message. */
#define TERMINATION_MAX 4096

/*
 * The termination message of a container: a file in it that its runtime reads when it has ended,
 * as `kubectl describe` shows. Kubernetes mounts it.
 */

/*
 * Finds its path in the process's root directory: as the configuration says, or where the kubelet
 * has mounted it. False if there is none.
 */
bool termination_find(const struct config *config, const struct jvm *jvm, char *path, size_t size);

/*
 * Replaces its content, if it is there and is a plain file, at most until deadline_ns. Another
 * process does this, with the rights of the JVM's user. False if it could not be written.
 */
bool termination_write(const struct evidence *evidence, const char *path, const char *message,
		       uint64_t deadline_ns);

/*
 * Reads the first screen of the report (TERMINATION_MAX bytes), in whole lines. Returns its length;
 * 0: there is none.
 */
size_t termination_first_screen(const struct evidence *evidence, char *message, size_t size);

#endif
