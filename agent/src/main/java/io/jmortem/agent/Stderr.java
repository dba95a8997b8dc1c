// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The process's own stderr, even if the application has replaced {@link System#err}. */
final class Stderr {

  private Stderr() {}

  /** Replaces line ends and control characters. (The agent may not use other packages for it.) */
  static String printable(String text) {
    StringBuilder printable = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int c = text.codePointAt(i);
      printable.appendCodePoint(isObeyed(Character.getType(c)) ? ' ' : c);
    }
    return printable.toString();
  }

  private static boolean isObeyed(int type) {
    return type == Character.CONTROL
        || type == Character.FORMAT
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR;
  }

  /** Writes one line in one piece. Never throws. */
  @SuppressWarnings("resource") // closing the stream would close the JVM's stderr
  static void line(String text) {
    String line = "jmortem: " + printable(text) + "\n";
    try {
      new FileOutputStream(FileDescriptor.err).write(line.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // stderr is closed: the line can't be shown
    }
  }
}
