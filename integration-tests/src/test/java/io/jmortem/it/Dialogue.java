// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Exchanges lines with a process over its standard input and output. */
final class Dialogue {

  private final Process process;
  private final BufferedReader output;
  private final List<String> said = new ArrayList<>();

  Dialogue(Process process) {
    this.process = process;
    this.output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Starts a child process; its stderr goes to a file in its working directory. */
  static Process start(List<String> command, Path directory) {
    try {
      return new ProcessBuilder(command)
          .directory(directory.toFile())
          .redirectError(directory.resolve("stderr").toFile())
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All lines so far. */
  List<String> said() {
    return said;
  }

  /**
   * Waits for a line; fails the test at the end of the output.
   *
   * @param what describes the line, for the message
   */
  String await(String what, Predicate<String> isWanted) {
    try {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        said.add(line);
        if (isWanted.test(line)) {
          return line;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new AssertionError("no line '" + what + "' but " + said);
  }

  /** Reads to the end of the output. */
  void awaitEnd() {
    output.lines().forEach(said::add);
  }

  void say(String line) {
    try {
      process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
