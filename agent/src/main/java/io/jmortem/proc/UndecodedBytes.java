// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Bytes that are not valid UTF-8, in a command line or the name of a directory. The helper writes
 * each as a private Unicode character ({@code json_path} in {@code json.c}), so that the path can
 * still be opened.
 */
public final class UndecodedBytes {

  /** The character for byte 0; only bytes from 0x80 on occur. */
  private static final char BASE = '\uef00';

  private static final char FIRST = BASE + 0x80;
  private static final char LAST = BASE + 0xff;

  private UndecodedBytes() {}

  /** The original bytes of a text. */
  public static byte[] encode(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
    int from = 0;
    for (int i = 0; i <= text.length(); i++) {
      if (i == text.length() || isByte(text.charAt(i))) {
        bytes.writeBytes(text.substring(from, i).getBytes(StandardCharsets.UTF_8));
        from = i + 1;
        if (i < text.length()) {
          bytes.write(text.charAt(i) - BASE);
        }
      }
    }
    return bytes.toByteArray();
  }

  /** The text with replacement characters, for display. */
  public static String shown(String text) {
    StringBuilder shown = new StringBuilder(text);
    for (int i = 0; i < shown.length(); i++) {
      if (isByte(shown.charAt(i))) {
        shown.setCharAt(i, '\ufffd');
      }
    }
    return shown.toString();
  }

  private static boolean isByte(char c) {
    return c >= FIRST && c <= LAST;
  }
}
