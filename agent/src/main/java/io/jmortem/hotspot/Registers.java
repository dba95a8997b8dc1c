// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

/**
 * The registers of x86-64 that a walk begins with.
 *
 * @param r13 the interpreter's register for the address of the current bytecode
 */
public record Registers(long rip, long rsp, long rbp, long r13) {}
