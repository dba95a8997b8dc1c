// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * JVMs that die at once wait for one another. Here the tests play the other JVMs, and have all
 * turns: locks on the first bytes of a file. After these, each waiting process has a byte.
 */
class WalkTurnIT {

  private static final long QUEUE = 1 << 20;

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  /** Uses its own /run, so that other dying JVMs do not wait for these tests. */
  private static VictimRun asleep(String options) {
    VictimRun run =
        new VictimRun(Jdk.own(), "sleep")
            .below("unshare", "--mount", "sh", "-c", "mount -t tmpfs none /run; exec \"$@\"", "sh")
            .agent("snapshot=off" + options)
            .start();
    run.awaitAsleep();
    return run;
  }

  private static Path file(VictimRun run) {
    return Path.of("/proc/" + run.pidOutside() + "/root/run/jmortem-walks-0");
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  /** Whether a process has one of the bytes after the turns. */
  private static void awaitWaiting(Object inode) {
    long hangs = System.nanoTime() + 60_000_000_000L;
    while (Tests.read(Path.of("/proc/locks"))
        .lines()
        .map(line -> line.strip().split("\\s+"))
        .noneMatch(
            words ->
                words[words.length - 3].endsWith(":" + inode)
                    && Long.parseLong(words[words.length - 2]) >= QUEUE)) {
      assertTrue(System.nanoTime() < hangs);
      Thread.onSpinWait();
    }
  }

  /** The JVM gets its turn while it is still held. */
  @ParameterizedTest
  @ValueSource(strings = {"KILL", "SEGV"})
  void waits(String signal) throws IOException {
    VictimRun run = asleep(",deadline=60s");
    Object inode = Files.getAttribute(file(run), "unix:ino");
    try (FileChannel turns = open(file(run))) {
      FileLock all = turns.lock(0, QUEUE, false);
      Tests.run("kill", "-" + signal, "" + run.pidOutside());
      awaitWaiting(inode);
      all.release();
      Report report = run.finish().report();

      assertEquals("full", report.capture().level(), () -> "" + report.capture());
      assertNull(report.capture().missing());
    }
  }

  /** The JVM gets no turn: it is released at its deadline, and the report says why. */
  @ParameterizedTest
  @ValueSource(strings = {"KILL", "SEGV"})
  void waitsInVain(String signal) throws IOException {
    VictimRun run = asleep(",deadline=1s");
    try (FileChannel turns = open(file(run))) {
      FileLock all = turns.lock(0, QUEUE, false);
      Tests.run("kill", "-" + signal, "" + run.pidOutside());
      Report report = run.finish().report();

      assertEquals(signal.equals("KILL") ? 137 : 134, run.status());
      assertEquals("kernel", report.capture().level());
      assertTrue(
          report.capture().missing().stream()
              .anyMatch(each -> each.startsWith("stacks: not read, because no turn was free")),
          report.capture()::toString);
      all.release();
    }
  }
}
