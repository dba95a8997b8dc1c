// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

/**
 * Reads numbers in HotSpot's UNSIGNED5 coding. Each byte adds its value minus an offset, shifted by
 * 6 more bits. After a byte of 192 or more, another byte follows; a number has at most five bytes.
 */
final class Unsigned5 {

  private static final int LAST_LOW = 192;
  private static final int MAX_BYTES = 5;

  private final ProcessMemory memory;
  private final int excluded;
  private long at;

  /**
   * @param excluded how many byte values are not used: see {@link HotSpotVersion}
   */
  Unsigned5(ProcessMemory memory, int excluded, long at) {
    this.memory = memory;
    this.excluded = excluded;
    this.at = at;
  }

  int next() {
    int sum = 0;
    for (int i = 0; i < MAX_BYTES; i++) {
      int next = rawByte();
      sum += (next - excluded) << (6 * i);
      if (next < LAST_LOW) {
        break;
      }
    }
    return sum;
  }

  /** A signed number, with its sign in the lowest bit. */
  int nextSigned() {
    int next = next();
    return next >>> 1 ^ -(next & 1);
  }

  /** An uncoded byte. */
  int rawByte() {
    return memory.uint1(at++);
  }
}
