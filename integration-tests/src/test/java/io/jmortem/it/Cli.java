// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The command line, as a user's shell starts it; its stderr goes to a file. */
final class Cli {

  private static final long HANGS_SECONDS = 120;

  private final Path directory = Tests.newDirectory();
  private final Process process;
  private final BufferedReader output;
  private final List<String> stdout = new ArrayList<>();

  private Cli(List<String> prefix, List<String> arguments) {
    List<String> command = new ArrayList<>(prefix);
    command.add(Jdk.own().java().toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-jar", Tests.jar().toString()));
    command.addAll(arguments);
    try {
      process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectError(directory.resolve("stderr").toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  static Cli start(String... arguments) {
    return new Cli(List.of(), List.of(arguments));
  }

  /** Below other commands, such as setpriv. */
  static Cli startBelow(List<String> prefix, String... arguments) {
    return new Cli(prefix, List.of(arguments));
  }

  /** To its end. */
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

  /** The same, with its standard input left open. */
  Cli awaitEnd() {
    try {
      output.lines().forEach(stdout::add);
      if (!process.waitFor(HANGS_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("it hangs: " + stdout + stderr());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    return this;
  }

  String awaitLine(String part) {
    try {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        stdout.add(line);
        if (line.contains(part)) {
          return line;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new AssertionError("no line with '" + part + "' but " + stdout + stderr());
  }

  void type(String line) {
    try {
      process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  long pid() {
    return process.pid();
  }

  /** As a shell has it. */
  int status() {
    return process.exitValue();
  }

  List<String> stdout() {
    return stdout;
  }

  String stderr() {
    Path file = directory.resolve("stderr");
    return Files.exists(file) ? Tests.read(file) : "";
  }

  Path directory() {
    return directory;
  }

  /** The one report below its working directory. */
  io.jmortem.report.Report report() {
    return Tests.report(reportDirectory());
  }

  Path reportDirectory() {
    List<Path> all = Tests.list(directory.resolve("jmortem-reports"));
    if (all.size() != 1) {
      throw new AssertionError(all + " " + stdout + stderr());
    }
    Schema.assertValid(all.get(0).resolve("report.json"));
    return all.get(0);
  }
}
