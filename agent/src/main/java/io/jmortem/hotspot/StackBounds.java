// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

/**
 * The addresses of a thread's stack.
 *
 * @param low the lowest address
 * @param high the first address above
 */
record StackBounds(long low, long high) {

  boolean contains(long address) {
    return address >= low && address < high;
  }

  /** Whether it is the address of a word of the stack, or its end. */
  boolean isSp(long address) {
    return address >= low && address <= high && (address & 7) == 0;
  }
}
