// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** {@code Symbol}: names of classes, methods and fields, and signatures, in modified UTF-8. */
final class Symbols {

  /** No name is longer; longer ones are garbage. */
  private static final int MAX_KNOWN = 4096;

  private final ProcessMemory memory;
  private final int lengthOffset;
  private final int bodyOffset;
  private final Map<Long, String> known = new HashMap<>();

  Symbols(ProcessMemory memory, VmStructs structs) {
    this.memory = memory;
    this.lengthOffset = structs.offset("Symbol._length");
    this.bodyOffset = structs.offset("Symbol._body", "Symbol._body[0]");
  }

  String text(long symbol) {
    String text = known.get(symbol);
    if (text == null) {
      int length = memory.uint2(symbol + lengthOffset);
      text = decode(memory.bytes(symbol + bodyOffset, length));
      if (length <= MAX_KNOWN) {
        known.put(symbol, text);
      }
    }
    return text;
  }

  private static String decode(byte[] bytes) {
    for (byte each : bytes) {
      if (each < 0) {
        return decodeModifiedUtf8(bytes);
      }
    }
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static String decodeModifiedUtf8(byte[] bytes) {
    byte[] prefixed = new byte[bytes.length + 2];
    prefixed[0] = (byte) (bytes.length >> 8);
    prefixed[1] = (byte) bytes.length;
    System.arraycopy(bytes, 0, prefixed, 2, bytes.length);
    try {
      return new DataInputStream(new ByteArrayInputStream(prefixed)).readUTF();
    } catch (IOException e) { // broken
      return new String(bytes, StandardCharsets.ISO_8859_1);
    }
  }
}
