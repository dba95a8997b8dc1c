// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import io.jmortem.hotspot.FrozenProcess;
import io.jmortem.hotspot.FrozenProcess.FrozenThread;
import io.jmortem.hotspot.MemorySource;
import io.jmortem.hotspot.Registers;
import io.jmortem.hotspot.StackDump;
import io.jmortem.hotspot.StackWalk;
import io.jmortem.it.victim.Stacks;
import io.jmortem.proc.MemoryMap;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A JVM with {@link Stacks} in its own session, to be stopped by SIGSTOP. */
final class StoppedVictim implements AutoCloseable {

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final Process process;
  private final long pid;

  StoppedVictim(Jdk jdk, List<String> vmOptions, String... kinds) throws IOException {
    List<String> command = new ArrayList<>(List.of("setsid"));
    command.addAll(jdk.command("java"));
    command.add("-Dvictim.library=" + Tests.victimLibrary());
    command.addAll(vmOptions);
    command.addAll(List.of("-cp", Tests.classes().toString(), Stacks.class.getName()));
    command.addAll(List.of(kinds));
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    StringBuilder said = new StringBuilder();
    String line = output.readLine();
    while (line != null && !line.startsWith("ready ")) {
      said.append(line).append('\n');
      line = output.readLine();
    }
    if (line == null) {
      throw new AssertionError(command + "\n" + said);
    }
    pid = Long.parseLong(line.substring("ready ".length()));
  }

  StoppedVictim stop() throws IOException {
    Tests.run("kill", "-STOP", Long.toString(pid));
    awaitStopped();
    return this;
  }

  StoppedVictim goOn() {
    Tests.run("kill", "-CONT", Long.toString(pid));
    return this;
  }

  long pid() {
    return pid;
  }

  /** A stop reaches one thread after the other; the kernel reports when all are stopped. */
  private void awaitStopped() throws IOException {
    boolean all = false;
    while (!all) {
      all = true;
      for (Path task : Tests.list(Path.of("/proc/" + pid + "/task"))) {
        // JDK 27 may cut off a thread's name inside a character
        String status = Files.readString(task.resolve("status"), StandardCharsets.ISO_8859_1);
        all &= status.contains("\nState:\tT");
      }
    }
  }

  /** Walks the process with the registers of all threads. */
  StackDump walk() throws IOException {
    try (FileChannel memory = FileChannel.open(Path.of("/proc/" + pid + "/mem"))) {
      return StackWalk.walk(
          frozen((address, into) -> memory.read(into, address)),
          System.nanoTime() + PATIENCE_NANOS);
    }
  }

  /** A file with the helper's input for the walker. */
  Path walkInput() throws IOException {
    StringBuilder text = new StringBuilder("crashed 0 -\n");
    String tool = Tests.nativeTool("registers").toString();
    Tests.run(tool, Long.toString(pid))
        .lines()
        .forEach(line -> text.append("thread ").append(line).append('\n'));
    text.append("maps\n").append(Files.readString(Path.of("/proc/" + pid + "/maps")));
    return Files.writeString(Tests.newDirectory().resolve("walk-input"), text);
  }

  /** The process as the walker sees it. */
  FrozenProcess frozen(MemorySource memory) throws IOException {
    MemoryMap map = MemoryMap.parse(Files.readString(Path.of("/proc/" + pid + "/maps")));
    return new FrozenProcess(memory, map, threads(), 0, null, null, 0);
  }

  private List<FrozenThread> threads() {
    List<FrozenThread> threads = new ArrayList<>();
    String tool = Tests.nativeTool("registers").toString();
    for (String line : Tests.run(tool, Long.toString(pid)).lines().toList()) {
      String[] words = line.split(" ", 6);
      threads.add(
          new FrozenThread(
              Integer.parseInt(words[0]),
              words[5],
              new Registers(hex(words[1]), hex(words[2]), hex(words[3]), hex(words[4]))));
    }
    return threads;
  }

  private static long hex(String text) {
    return Long.parseUnsignedLong(text, 16);
  }

  @Override
  public void close() {
    Tests.run("kill", "-KILL", Long.toString(pid));
    try {
      process.waitFor();
      process.getInputStream().close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
