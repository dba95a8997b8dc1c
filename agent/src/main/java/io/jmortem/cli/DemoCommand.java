// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.cli.demo.CrashingShop;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Crashes a JVM of its own and shows the report. */
@Command(
    name = "demo",
    description = "Crashes a JVM of its own and shows the report.",
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {

  private static final int FIRST_SCREEN = 24;

  @Spec private CommandSpec spec;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Where the report goes (default: ${DEFAULT-VALUE}).",
      defaultValue = "jmortem-reports")
  private Path dir;

  @Option(names = "--json", description = "Print report.json instead.")
  private boolean json;

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintWriter progress = spec.commandLine().getErr();
    progress.println("Starting a JVM with -javaagent, and letting it crash ...");
    Path working = Files.createTempDirectory("jmortem-demo-");
    try {
      return run(working, progress);
    } finally {
      deleteRecursively(working);
    }
  }

  private Integer run(Path working, PrintWriter progress) throws IOException, InterruptedException {
    Path reports = dir.toAbsolutePath();
    Optional<Path> before = newest(reports);
    crash(working, reports);
    String status = Files.readString(working.resolve("status")).strip();
    Optional<Path> report = newest(reports).filter(path -> !Optional.of(path).equals(before));
    if (report.isEmpty()) {
      progress.println("It ended with status " + status + ", but no report is in " + reports + ":");
      progress.println(Files.readString(working.resolve("output")));
      return 1;
    }
    progress.println("It ended with status " + status + ". The first screen of its report:");
    progress.println();
    show(report.get());
    progress.println("The whole report: " + report.get());
    return 0;
  }

  /**
   * Runs the JVM to its end. The pipe behind it ends when the last process has closed the JVM's
   * stderr, and that is the reporter.
   */
  private static void crash(Path working, Path reports) throws IOException, InterruptedException {
    String jar = jar().toString();
    new ProcessBuilder(
            "/bin/sh",
            "-c",
            "ulimit -c 0; { \"$@\"; echo $? > \"$0/status\"; } 2>&1 | cat > \"$0/output\"",
            working.toString(),
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-javaagent:" + jar + "=dir=" + reports + ",snapshot=500ms",
            "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
            "-Xmx64m",
            "-cp",
            jar,
            CrashingShop.class.getName())
        .directory(working.toFile())
        .start()
        .waitFor();
  }

  private void show(Path report) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.print(Files.readString(report.resolve("report.json")));
    } else {
      try (Stream<String> lines = Files.lines(report.resolve("report.txt"))) {
        lines.limit(FIRST_SCREEN).takeWhile(line -> !line.isEmpty()).forEach(out::println);
      }
      out.println();
    }
    out.flush();
  }

  private static Path jar() throws IOException {
    try {
      return Path.of(DemoCommand.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IOException("can't find the jar that this is in", e);
    }
  }

  private static Optional<Path> newest(Path reports) throws IOException {
    if (!Files.isDirectory(reports)) {
      return Optional.empty();
    }
    try (Stream<Path> all = Files.list(reports)) {
      return all.filter(path -> Files.isRegularFile(path.resolve("report.json")))
          .filter(path -> !path.getFileName().toString().startsWith("."))
          .max(Comparator.comparing(path -> path.getFileName().toString()));
    }
  }

  private static void deleteRecursively(Path directory) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(directory)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : all) {
      Files.delete(path);
    }
  }
}
