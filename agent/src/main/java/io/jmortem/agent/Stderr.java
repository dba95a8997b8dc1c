// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The process's own stderr, whatever the application has made of {@link System#err}. */
final class Stderr {

  private Stderr() {}

  /** Writes one line in one piece. Never throws. */
  @SuppressWarnings("resource") // closing the stream would close the JVM's stderr
  static void line(String text) {
    String line = "jmortem: " + text.replace('\n', ' ').replace('\r', ' ') + "\n";
    try {
      new FileOutputStream(FileDescriptor.err).write(line.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // stderr is closed: there is nobody to tell
    }
  }
}
