// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import io.jmortem.report.Report;
import io.jmortem.report.ReportJson;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** Paths and tools for all tests. */
final class Tests {

  private static final Path TARGET = Path.of("target").toAbsolutePath();
  private static final AtomicInteger NEXT = new AtomicInteger();

  private Tests() {}

  static Path jar() {
    return Path.of(System.getProperty("jmortem.jar")).toAbsolutePath().normalize();
  }

  static Path checkout() {
    return Path.of(System.getProperty("jmortem.checkout")).toAbsolutePath().normalize();
  }

  static Path classes() {
    return TARGET.resolve("test-classes");
  }

  /**
   * Shell words that give a command below `unshare -m` another /tmp. The tests' own files stay
   * visible, even if they are below the old /tmp (-c: otherwise mount looks the name up).
   *
   * @param mount the mount command
   * @param rest the command after it
   */
  static List<String> withTmp(String mount, String rest) {
    String keep =
        "exec 9<\"$0\"; " + mount + "; mkdir -p \"$0\"; mount -c --bind /proc/self/fd/9 \"$0\"; ";
    return List.of("sh", "-c", keep + "exec 9<&-; " + rest, TARGET.toString());
  }

  static boolean isRoot() {
    return run("id", "-u").strip().equals("0");
  }

  /** Skips the test, with a message, without the rights for BPF and other users' processes. */
  static void assumeRoot() {
    Assumptions.assumeTrue(isRoot(), "skipped: needs root");
  }

  /** A new, empty directory below target. */
  static Path newDirectory() {
    return newDirectory(
        TARGET.resolve("it").resolve(ProcessHandle.current().pid() + "-" + NEXT.incrementAndGet()));
  }

  static Path newDirectory(Path directory) {
    try {
      return Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The files of a directory, sorted by name; empty if it does not exist. */
  static List<Path> list(Path directory) {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(directory)) {
      return all.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits for a condition. The time limit only ends a run that hangs. */
  static void await(String what, java.util.function.BooleanSupplier condition) {
    long hangs = System.nanoTime() + 60_000_000_000L;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > hangs) {
        throw new AssertionError("it hangs: no " + what);
      }
      Thread.onSpinWait();
    }
  }

  /** Waits for a finished report in a directory, and returns all. */
  static List<Path> awaitReports(Path directory) {
    await("report in " + directory, () -> !finished(directory).isEmpty());
    return finished(directory);
  }

  private static List<Path> finished(Path directory) {
    return list(directory).stream()
        .filter(each -> !each.getFileName().toString().startsWith("."))
        .toList();
  }

  /** The text of a resource in the jar. */
  static String resource(String name) {
    try (InputStream in = Tests.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Empty if the file is not there, or is a process's that has ended. */
  static String readIfThere(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }

  static String read(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The report in a directory. */
  static Report report(Path directory) {
    try {
      return ReportJson.read(read(directory.resolve("report.json")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The output of a command, stderr included, whatever its exit status. */
  static String run(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** The victims' native library, compiled on first use. */
  static Path victimLibrary() {
    Path include = Jdk.own().home().resolve("include");
    return compile(
        "libvictim.so",
        "victim.c",
        "-shared",
        "-fPIC",
        "-g",
        "-fno-omit-frame-pointer",
        "-fno-optimize-sibling-calls",
        "-Wno-infinite-recursion",
        "-I" + include,
        "-I" + include.resolve("linux"),
        "-ldl",
        "-pthread");
  }

  /** A program that embeds a JVM, compiled on first use. */
  static Path launcher() {
    Path include = Jdk.own().home().resolve("include");
    return compile(
        "launcher", "launcher.c", "-I" + include, "-I" + include.resolve("linux"), "-ldl");
  }

  /** A test program, compiled on first use. */
  static Path nativeTool(String name) {
    return compile(name, name + ".c");
  }

  private static synchronized Path compile(String name, String sourceName, String... options) {
    Path result = TARGET.resolve(name);
    Path source = Path.of("src/test/native").resolve(sourceName);
    if (!Files.exists(result) || result.toFile().lastModified() < source.toFile().lastModified()) {
      List<String> command = new ArrayList<>(List.of("gcc", "-O1", "-Wall"));
      command.addAll(List.of(options));
      command.addAll(List.of("-o", result.toString(), source.toString()));
      String output = run(command.toArray(String[]::new));
      if (!Files.exists(result)) {
        throw new IllegalStateException(output);
      }
    }
    return result;
  }

  /** The thread that ends OldVictim is there, with the method that does so. */
  static void assertStack(Report report) {
    Report.ThreadInfo crasher =
        report.threads().stream()
            .filter(thread -> thread.name().equals("crasher"))
            .findFirst()
            .orElseThrow(() -> new AssertionError(report.threads()));
    Assertions.assertTrue(
        crasher.frames().stream().anyMatch(frame -> "die".equals(frame.method())),
        crasher.frames()::toString);
  }
}
