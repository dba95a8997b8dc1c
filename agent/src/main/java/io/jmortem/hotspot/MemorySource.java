// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The source of a process's memory: {@code /proc/PID/mem}, or a recorded image. */
public interface MemorySource {

  /**
   * Reads bytes into the buffer, from its position up to its limit at most.
   *
   * @param address the first address, below 2^47
   * @return how many bytes were read; 0 or less if none can be read
   * @throws IOException if none can be read
   */
  int read(long address, ByteBuffer into) throws IOException;
}
