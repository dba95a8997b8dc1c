// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

/**
 * Reads numbers of HotSpot's UNSIGNED5 coding, one after the other: each byte adds its value, less
 * an offset, shifted by 6 more bits; a byte of 192 or more says that another one follows, up to
 * five.
 */
final class Unsigned5 {

  private static final int LAST_LOW = 192;
  private static final int MAX_BYTES = 5;

  private final ProcessMemory memory;
  private final int excluded;
  private long at;

  /**
   * @param excluded how many byte values are never used: see {@link HotSpotVersion}
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

  /** A number whose sign is its lowest bit. */
  int nextSigned() {
    int next = next();
    return next >>> 1 ^ -(next & 1);
  }

  /** A byte that is not coded. */
  int rawByte() {
    return memory.uint1(at++);
  }
}
