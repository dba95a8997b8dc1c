// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.proc.LauncherArguments;
import java.util.List;

/** The name of what a JVM runs: its main class, jar or module, or the program that embeds it. */
final class JvmName {

  private JvmName() {}

  /** Empty if the command line is unknown, or has the name in an argument file. */
  static String of(List<String> commandLine) {
    if (commandLine.isEmpty()) {
      return "";
    }
    String program = fileName(commandLine.get(0));
    if (!program.equals("java")) {
      return program;
    }
    for (int i = 1; i < commandLine.size(); i++) {
      String word = commandLine.get(i);
      String next = i + 1 < commandLine.size() ? commandLine.get(i + 1) : "";
      if (word.equals("-jar")) {
        return fileName(next);
      } else if (word.equals("-m") || word.equals("--module")) {
        return next;
      } else if (LauncherArguments.takesNextWord(word)) {
        i++;
      } else if (!word.startsWith("-")) {
        return word.startsWith("@") ? "" : word;
      }
    }
    return "";
  }

  private static String fileName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
