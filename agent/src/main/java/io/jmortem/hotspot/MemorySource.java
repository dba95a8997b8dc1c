// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Where a process's memory comes from: {@code /proc/PID/mem}, or a recorded image. */
public interface MemorySource {

  /**
   * Reads what is there, from the buffer's position up to its limit at most.
   *
   * @param address where to begin, below 2^47
   * @return how many bytes were read; 0 or less if none can be
   * @throws IOException if none can be read
   */
  int read(long address, ByteBuffer into) throws IOException;
}
