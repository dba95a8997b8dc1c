// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import java.util.List;
import java.util.Set;

/** What a JVM runs, in a word: its main class, jar or module; or the program that embeds it. */
final class JvmName {

  /** Of the launcher's, those that have their value in the next argument. */
  private static final Set<String> WITH_VALUE =
      Set.of(
          "-cp",
          "-classpath",
          "--class-path",
          "-p",
          "--module-path",
          "--upgrade-module-path",
          "--add-modules",
          "--limit-modules",
          "--add-exports",
          "--add-opens",
          "--add-reads",
          "--patch-module",
          "--enable-native-access");

  private JvmName() {}

  /** Empty where the command line is not known, or hides it in a file. */
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
      } else if (WITH_VALUE.contains(word)) {
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
