// SPDX-License-Identifier: Apache-2.0
package io.jmortem.elf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.Optional;

/** The build id of an ELF file: a GNU note that identifies its debug information (elf(5)). */
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
   * @param head the beginning of the file, where linkers put the note
   * @return the id in hexadecimal; empty if it has none, or is not such a file
   */
  public static Optional<String> read(byte[] head) {
    try {
      return read(ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN));
    } catch (RuntimeException e) { // a malformed file has no build id
      return Optional.empty();
    }
  }

  private static Optional<String> read(ByteBuffer file) {
    ByteBuffer header = bytes(file, 0, HEADER_SIZE);
    if (header.getInt(0) != 0x464c457f || header.get(4) != 2 || header.get(5) != 1) {
      return Optional.empty();
    }
    long offset = header.getLong(32);
    int size = Short.toUnsignedInt(header.getShort(54));
    int count = Math.min(Short.toUnsignedInt(header.getShort(56)), MAX_PROGRAM_HEADERS);
    for (int i = 0; i < count; i++) {
      ByteBuffer program = bytes(file, offset + (long) i * size, 56);
      if (program.getInt(0) == PT_NOTE) {
        long length = Math.min(Math.max(program.getLong(32), 0), MAX_NOTES);
        Optional<String> id = inNotes(bytes(file, program.getLong(8), (int) length));
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

  private static ByteBuffer bytes(ByteBuffer file, long position, int length) {
    return file.slice(Math.toIntExact(position), length).order(ByteOrder.LITTLE_ENDIAN);
  }
}
