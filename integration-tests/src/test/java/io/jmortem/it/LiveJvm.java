// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** An unwatched JVM of any version: OldVictim, which waits for a line before it dies. */
final class LiveJvm implements AutoCloseable {

  private final Path directory = Tests.newDirectory();
  private final Process process;
  private final Dialogue dialogue;

  private LiveJvm(List<String> command) {
    process = Dialogue.start(command, directory);
    dialogue = new Dialogue(process);
  }

  static LiveJvm start(Jdk jdk, String death, String... vmOptions) {
    return startBelow(List.of(), jdk, death, vmOptions);
  }

  /** Starts it below other commands, such as unshare. */
  static LiveJvm startBelow(List<String> prefix, Jdk jdk, String death, String... vmOptions) {
    jdk.java();
    List<String> command = new ArrayList<>(prefix);
    command.addAll(jdk.command("java"));
    command.addAll(List.of(vmOptions));
    if (jdk.feature() >= 24) {
      command.add("--sun-misc-unsafe-memory-access=allow"); // or it says what it thinks of that
    }
    command.addAll(List.of("-cp", oldVictim().toString(), "OldVictim", death));
    LiveJvm jvm = new LiveJvm(command);
    jvm.awaitLine("ready");
    return jvm;
  }

  static synchronized Path oldVictim() {
    Path classes = Path.of("target/old-victims").toAbsolutePath();
    if (!Files.exists(classes.resolve("OldVictim.class"))) {
      String said =
          Tests.run(
              Jdk.own().home().resolve("bin/javac").toString(),
              "--release",
              "8",
              "-d",
              classes.toString(),
              "src/test/victims/OldVictim.java");
      if (!Files.exists(classes.resolve("OldVictim.class"))) {
        throw new IllegalStateException(said);
      }
    }
    return classes;
  }

  void awaitLine(String beginning) {
    try {
      dialogue.await(beginning, line -> line.startsWith(beginning));
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + stderr(), e);
    }
  }

  /** Lets it die or sleep. */
  LiveJvm go() {
    dialogue.say("");
    return this;
  }

  void kill(String signal) {
    Tests.run("kill", "-" + signal, "" + pid());
  }

  /** The pid of the JVM itself, below the commands that started it. */
  long pid() {
    if (isJava(process.toHandle())) {
      return process.pid();
    }
    return process
        .descendants()
        .filter(LiveJvm::isJava)
        .findFirst()
        .orElseThrow(() -> new AssertionError(stderr()))
        .pid();
  }

  private static boolean isJava(ProcessHandle process) {
    return process.info().command().orElse("").endsWith("/java");
  }

  boolean isAlive() {
    return process.isAlive();
  }

  int awaitStatus() {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  String stderr() {
    return Tests.read(directory.resolve("stderr"));
  }

  Path directory() {
    return directory;
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    awaitStatus();
  }
}
