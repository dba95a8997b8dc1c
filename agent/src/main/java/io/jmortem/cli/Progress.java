// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/** Progress messages for a terminal. Nothing is written to a pipe or a file. */
final class Progress {

  private Progress() {}

  static void print(PrintWriter err, String line) {
    if (isTerminal()) {
      err.println(line);
      err.flush();
    }
  }

  /** Looks at stderr; {@link System#console} is about stdin and stdout. */
  private static boolean isTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }
}
