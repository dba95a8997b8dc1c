// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/** What goes on, for who sits at a terminal: nothing in a pipe or a file. */
final class Progress {

  private Progress() {}

  static void print(PrintWriter err, String line) {
    if (isTerminal()) {
      err.println(line);
      err.flush();
    }
  }

  /** Of stderr; {@link System#console} speaks of stdin and stdout. */
  private static boolean isTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }
}
