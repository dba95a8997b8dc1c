// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.agent.HelperBinary;
import io.jmortem.agent.HelperConfiguration;
import io.jmortem.agent.PrivateDirectory;
import io.jmortem.cli.doctor.DaemonCheck;
import io.jmortem.store.ReportStore;
import io.jmortem.store.StoredReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A JVM with the agent, started by us in a temporary directory that {@link #close} removes. */
public final class ChildJvm implements AutoCloseable {

  /** A report takes a second, or some more on a busy machine. */
  private static final Duration DAEMON_PATIENCE = Duration.ofSeconds(15);

  private final Path directory;

  private ChildJvm(Path directory) {
    this.directory = directory;
  }

  /** Creates the temporary directory. */
  public static ChildJvm inNewDirectory() throws IOException {
    return new ChildJvm(
        PrivateDirectory.create(HelperConfiguration.temporaryDirectory(), "jmortem-child-"));
  }

  /**
   * Runs a class of our jar, and waits until its report is made: `cat` reads until the last process
   * has closed the JVM's stderr, and the reporter is the last one.
   *
   * @param options the agent's options
   * @return the JVM's exit status, as a shell reports it
   */
  public int run(String options, Class<?> main) throws IOException, InterruptedException {
    String jar = HelperBinary.jar().toString();
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of(
            "/bin/sh",
            "-c",
            "ulimit -c 0; { sh -c 'echo $$ > \"$0/pid\"; exec \"$@\"' \"$0\" \"$@\";"
                + " echo $? > \"$0/status\"; } 2>&1 | cat > \"$0/output\"",
            directory.toString(),
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-javaagent:" + jar + "=" + options,
            "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
            "-Xmx64m",
            "-cp",
            jar,
            main.getName()));
    new ProcessBuilder(command).directory(directory.toFile()).start().waitFor();
    return Integer.parseInt(Files.readString(directory.resolve("status")).strip());
  }

  /** What the JVM and its reporter wrote. */
  public String output() throws IOException {
    return Files.readString(directory.resolve("output"));
  }

  /**
   * The JVM's report, if a daemon has watched it: it does so before the agent could. The report is
   * awaited for a while, because the daemon does not hold the JVM's stderr.
   *
   * @return empty if there is no daemon, or it has made none
   */
  public Optional<StoredReport> reportOfDaemon() throws IOException, InterruptedException {
    long pid = Long.parseLong(Files.readString(directory.resolve("pid")).strip());
    Instant end = Instant.now().plus(DAEMON_PATIENCE);
    Instant start = Files.getLastModifiedTime(directory.resolve("pid")).toInstant();
    while (Files.exists(Path.of(DaemonCheck.SOCKET)) && Instant.now().isBefore(end)) {
      for (StoredReport each : ReportStore.in(ReportStore.OF_THE_DAEMON).finished()) {
        if (each.pid() == pid && !each.time().isBefore(start.minusSeconds(1))) {
          return Optional.of(each);
        }
      }
      Thread.sleep(200);
    }
    return Optional.empty();
  }

  /** The JVM's working directory. */
  public Path directory() {
    return directory;
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
