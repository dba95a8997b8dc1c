/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RECORD_H
#define RECORD_H

#include <stddef.h>

#include "evidence/evidence.h"

/* The kind of a record; 0 if its size does not match the kind. */
enum event_kind record_kind(const void *data, size_t size);

/*
 * Writes a record of BPF as a line of evidence. Returns its kind, or 0 if its size does not match
 * the kind; then a problem is recorded.
 */
enum event_kind record_event(struct evidence *evidence, const void *data, size_t size);

struct stack_registers record_stack_registers(const struct user_registers *regs);

#endif
