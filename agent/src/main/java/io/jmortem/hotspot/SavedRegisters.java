// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

/** Registers that a called function leaves as they were (System V ABI), but for rbp. */
public record SavedRegisters(long rbx, long r12, long r13, long r14, long r15) {}
