// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import io.jmortem.report.Report.Category;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The JVM in a real container, with the agent alone: BPF is not allowed there, and the end of the
 * first process ends the helper and the reporter, too. Each end leaves one directory with a
 * verdict; how much else there was time for depends on the machine.
 */
class ContainerIT {

  @BeforeAll
  static void engine() {
    Podman.assumeThere();
  }

  @ParameterizedTest
  @MethodSource("io.jmortem.it.Jdk#all")
  void crashWithLittleCpu(Jdk jdk) {
    try (Podman container = new Podman(jdk, "null").with("--cpus", "0.5").start()) {
      container.finish();

      String verdict = verdict(container);
      assertTrue(verdict.startsWith("JMORTEM   vm-crash ("), verdict);
      assertEquals(Category.VM_CRASH, whole(container).diagnosis().category());
      assertFalse(whole(container).threads().isEmpty());
    }
  }

  /** With a tenth of a CPU, the reporter can't finish in time: the helper's verdict is there. */
  @Test
  void crashWithHardlyAnyCpu() {
    try (Podman container = new Podman(Jdk.own(), "null").with("--cpus", "0.1").start()) {
      container.finish();

      String verdict = verdict(container);
      assertTrue(verdict.startsWith("JMORTEM   vm-crash ("), verdict);
      assertEquals(Category.VM_CRASH, whole(container).diagnosis().category());
    }
  }

  /** The memory that the reporter would need is what the JVM died of. */
  @Test
  void outOfMemory() {
    try (Podman container =
        new Podman(Jdk.own(), "direct-memory")
            .with("--memory", "256m", "--memory-swap", "256m")
            .vm("-Xmx64m", "-XX:MaxDirectMemorySize=2g")
            .start()) {
      assertEquals(137, container.finish());

      String verdict = verdict(container);
      assertTrue(verdict.contains("SIGKILL"), verdict);
      assertEquals("SIGKILL", whole(container).termination().finalStatus().signal());
    }
  }

  @Test
  void killed() {
    try (Podman container = new Podman(Jdk.own(), "sleep").start().awaitLine("asleep")) {
      container.tell("kill");
      assertEquals(137, container.finish());

      String verdict = verdict(container);
      assertTrue(verdict.startsWith("JMORTEM   killed ("), verdict);
      assertEquals(Category.KILLED, whole(container).diagnosis().category());
    }
  }

  /** A shutdown hook hangs, and the engine loses its patience. */
  @ParameterizedTest
  @MethodSource("io.jmortem.it.Jdk#all")
  void stopped(Jdk jdk) {
    try (Podman container = new Podman(jdk, "slow-shutdown").start().awaitLine("asleep")) {
      container.tell("stop", "-t", "1");
      assertEquals(137, container.finish());

      String verdict = verdict(container);
      assertTrue(verdict.startsWith("JMORTEM   killed ("), verdict);
      assertEquals("SIGKILL", whole(container).termination().finalStatus().signal());
    }
  }

  /** Who runs the JVM, and as what: each has its report. */
  @ParameterizedTest
  @ValueSource(strings = {"--user 12345:12345", "--read-only", "--init", "sh -c"})
  void crash(String how) {
    try (Podman container = new Podman(Jdk.own(), "null")) {
      if (how.equals("sh -c")) {
        container.below("sh", "-c", "\"$0\" \"$@\"; exit $?");
      } else {
        container.with(how.split(" "));
      }
      container.start().finish();

      String verdict = verdict(container);
      assertTrue(verdict.startsWith("JMORTEM   vm-crash ("), verdict);
    }
  }

  /** The text of the only report, which is published. */
  private static String verdict(Podman container) {
    List<Path> all = Tests.list(container.reports());
    assertEquals(1, all.size(), () -> all + container.logs());
    assertFalse(all.get(0).getFileName().toString().startsWith("."), container::logs);
    assertTrue(Files.exists(all.get(0).resolve("report.txt")), container::logs);
    return Tests.read(all.get(0).resolve("report.txt"));
  }

  /** The same report when `list` has made what there was no time for. */
  private static Report whole(Podman container) {
    Cli.run("list", "--dir", container.reports().toString());
    List<Path> all = Tests.list(container.reports());
    assertEquals(1, all.size(), all::toString);
    return Tests.report(all.get(0));
  }
}
