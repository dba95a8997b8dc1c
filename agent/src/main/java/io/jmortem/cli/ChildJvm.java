// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.agent.HelperBinary;
import io.jmortem.agent.HelperConfiguration;
import io.jmortem.agent.PrivateDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A JVM with the agent, started by us in a temporary directory that {@link #close} removes. */
public final class ChildJvm implements AutoCloseable {

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
            "ulimit -c 0; { \"$@\"; echo $? > \"$0/status\"; } 2>&1 | cat > \"$0/output\"",
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
