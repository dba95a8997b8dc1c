// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

/**
 * The addresses of a thread's stack.
 *
 * @param low the lowest
 * @param high the first one above
 */
record StackBounds(long low, long high) {

  boolean contains(long address) {
    return address >= low && address < high;
  }

  /** A word of the stack, or the end of it. */
  boolean isSp(long address) {
    return address >= low && address <= high && (address & 7) == 0;
  }
}
