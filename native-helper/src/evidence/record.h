/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RECORD_H
#define RECORD_H

#include <stddef.h>

#include "evidence/evidence.h"

/* What kind of record it is; 0 where its size is not of that kind. */
enum event_kind record_kind(const void *data, size_t size);

/*
 * Writes what BPF recorded as a line of evidence. Returns the record's kind, or 0
 * if its size does not fit it (it is then noted as a problem).
 */
enum event_kind record_event(struct evidence *evidence, const void *data, size_t size);

struct stack_registers record_stack_registers(const struct user_registers *regs);

#endif
