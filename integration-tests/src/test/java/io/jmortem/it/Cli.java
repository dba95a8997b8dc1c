// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import io.jmortem.report.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the command line as a user's shell does; stderr goes to a file. */
final class Cli {

  private static final long HANGS_SECONDS = 120;

  private final Path directory = Tests.newDirectory();
  private final Process process;
  private final Dialogue dialogue;

  private Cli(List<String> prefix, List<String> arguments) {
    List<String> command = new ArrayList<>(prefix);
    command.add(Jdk.own().java().toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-jar", Tests.jar().toString()));
    command.addAll(arguments);
    process = Dialogue.start(command, directory);
    dialogue = new Dialogue(process);
  }

  static Cli start(String... arguments) {
    return new Cli(List.of(), List.of(arguments));
  }

  /** Starts it below other commands, such as setpriv. */
  static Cli startBelow(List<String> prefix, String... arguments) {
    return new Cli(prefix, List.of(arguments));
  }

  /** Runs it to its end. */
  static Cli run(String... arguments) {
    return start(arguments).finish();
  }

  Cli finish() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      // it has ended already
    }
    return awaitEnd();
  }

  /** Starts it with an open standard input. */
  Cli awaitEnd() {
    try {
      dialogue.awaitEnd();
      if (!process.waitFor(HANGS_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("it hangs: " + stdout() + stderr());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    return this;
  }

  String awaitLine(String part) {
    try {
      return dialogue.await(part, line -> line.contains(part));
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + stderr(), e);
    }
  }

  void type(String line) {
    dialogue.say(line);
  }

  long pid() {
    return process.pid();
  }

  /** The status as a shell reports it. */
  int status() {
    return process.exitValue();
  }

  List<String> stdout() {
    return dialogue.said();
  }

  String stderr() {
    Path file = directory.resolve("stderr");
    return Files.exists(file) ? Tests.read(file) : "";
  }

  Path directory() {
    return directory;
  }

  /** The only report below its working directory. */
  Report report() {
    return Tests.report(reportDirectory());
  }

  Path reportDirectory() {
    List<Path> all = Tests.list(directory.resolve("jmortem-reports"));
    if (all.size() != 1) {
      throw new AssertionError(all + " " + stdout() + stderr());
    }
    Schema.assertValid(all.get(0).resolve("report.json"));
    return all.get(0);
  }
}
