/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MAIN_CLASS_H
#define MAIN_CLASS_H

#include <stddef.h>

/*
 * What a JVM runs, for people: the main class, module or jar of the java launcher, from the command
 * line (proc_fd: its directory in /proc); the name of another program. Empty if it is unknown.
 */
void main_class(int proc_fd, char *name, size_t size);

#endif
