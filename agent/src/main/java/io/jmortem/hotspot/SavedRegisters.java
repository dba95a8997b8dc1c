// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

/** Callee-saved registers (System V ABI), except rbp. */
public record SavedRegisters(long rbx, long r12, long r13, long r14, long r15) {}
