// SPDX-License-Identifier: Apache-2.0
package io.jmortem.walker;

import io.jmortem.hotspot.MemorySource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** {@code /proc/PID/mem}, whose offsets are addresses. */
record ChannelMemory(FileChannel memory) implements MemorySource {

  @Override
  public int read(long address, ByteBuffer into) throws IOException {
    return memory.read(into, address);
  }
}
