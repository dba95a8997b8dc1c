// SPDX-License-Identifier: Apache-2.0
package io.jmortem.elf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Optional;

/** The build id of an ELF file: the GNU note by which its debug information is found (elf(5)). */
public final class BuildId {

  private static final int HEADER_SIZE = 64;
  private static final int PT_NOTE = 4;
  private static final int NT_GNU_BUILD_ID = 3;
  private static final int MAX_PROGRAM_HEADERS = 64;
  private static final int MAX_NOTES = 64 * 1024;
  private static final int MAX_ID = 64;

  private BuildId() {}

  /**
   * Reads it from a 64-bit little-endian file.
   *
   * @return in hexadecimal; empty if the file can't be read, is something else or has none
   */
  public static Optional<String> read(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return read(channel);
    } catch (IOException | RuntimeException e) { // whatever is wrong with it, it has no build id
      return Optional.empty();
    }
  }

  private static Optional<String> read(FileChannel channel) throws IOException {
    ByteBuffer header = bytes(channel, 0, HEADER_SIZE);
    if (header.getInt(0) != 0x464c457f || header.get(4) != 2 || header.get(5) != 1) {
      return Optional.empty();
    }
    long offset = header.getLong(32);
    int size = Short.toUnsignedInt(header.getShort(54));
    int count = Math.min(Short.toUnsignedInt(header.getShort(56)), MAX_PROGRAM_HEADERS);
    for (int i = 0; i < count; i++) {
      ByteBuffer program = bytes(channel, offset + (long) i * size, 56);
      if (program.getInt(0) == PT_NOTE) {
        long length = Math.min(Math.max(program.getLong(32), 0), MAX_NOTES);
        Optional<String> id = inNotes(bytes(channel, program.getLong(8), (int) length));
        if (id.isPresent()) {
          return id;
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<String> inNotes(ByteBuffer notes) {
    while (notes.remaining() >= 12) {
      int nameSize = notes.getInt();
      int size = notes.getInt();
      int type = notes.getInt();
      if (nameSize < 0 || size < 0 || nameSize > notes.remaining()) {
        return Optional.empty();
      }
      boolean gnu = nameSize == 4 && notes.getInt(notes.position()) == 0x00554e47;
      int content = notes.position() + aligned(nameSize);
      if (content > notes.limit() || size > notes.limit() - content) {
        return Optional.empty();
      }
      if (gnu && type == NT_GNU_BUILD_ID && size <= MAX_ID) {
        byte[] id = new byte[size];
        notes.get(content, id);
        return Optional.of(HexFormat.of().formatHex(id));
      }
      notes.position(Math.min(content + aligned(size), notes.limit()));
    }
    return Optional.empty();
  }

  private static int aligned(int size) {
    return (size + 3) & ~3;
  }

  private static ByteBuffer bytes(FileChannel channel, long position, int length)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new IOException("cut off");
      }
    }
    return buffer.flip();
  }
}
