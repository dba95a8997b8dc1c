// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.it.victim.Victim;
import io.jmortem.report.Report;
import io.jmortem.report.Report.Category;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Environments of a JVM: a terminal, a pid namespace, a parent that waits for stops. */
class HostEnvironmentIT {

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  /** An interactive shell treats a stopped job as suspended. */
  @Test
  void foregroundJobOfAnInteractiveShell() throws IOException, InterruptedException {
    Path directory = Tests.newDirectory();
    Process terminal =
        new ProcessBuilder("script", "-qec", "bash --norc --noprofile -i", "/dev/null")
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    try (Writer keyboard =
        new OutputStreamWriter(terminal.getOutputStream(), StandardCharsets.UTF_8)) {
      keyboard.write(
          String.join(
              " ",
              Jdk.own().java().toString(),
              "-javaagent:" + Tests.jar() + "=dir=reports,snapshot=off",
              "-Dvictim.await=true",
              "-Dvictim.library=" + Tests.victimLibrary(),
              "-cp",
              Tests.classes().toString(),
              Victim.class.getName(),
              "null; echo status=$?; jobs -l; exit\n"));
      keyboard.flush();
      String screen = new String(terminal.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      terminal.waitFor();
      assertTrue(screen.contains("status=134"), screen);
      assertFalse(screen.contains("Stopped"), screen);
    }
    Path published = awaitReport(directory.resolve("reports"));
    Report report = Tests.report(published);
    assertEquals("ptrace", report.capture().frozenBy());
    assertEquals(Category.VM_CRASH, report.diagnosis().category());
  }

  /** The terminal is closed before the report is made; only the directory shows it. */
  private static Path awaitReport(Path directory) throws IOException, InterruptedException {
    while (true) {
      for (Path path : Tests.list(directory)) {
        if (!path.getFileName().toString().startsWith(".")) {
          return path;
        }
      }
      Thread.sleep(20);
    }
  }

  /** A parent that waits for stops and then stops itself, as su does, must see none. */
  @Test
  void parentThatWatchesForStops() {
    VictimRun run =
        new VictimRun(Jdk.own(), "null")
            .below("su", "-s", "/bin/sh", "-c", "exec \"$0\" \"$@\"", "--", "root");
    assertEquals(Category.VM_CRASH, run.run().report().diagnosis().category());
  }

  @Test
  void pidNamespace() {
    VictimRun run =
        new VictimRun(Jdk.own(), "null")
            .below(
                "unshare",
                "-pf",
                "--mount-proc",
                "/bin/sh",
                "-c",
                "{ \"$@\"; echo; } 2>&1 | cat >&2",
                "sh");
    Report report = run.run().report();

    assertEquals(Category.VM_CRASH, report.diagnosis().category());
    assertEquals(Report.Confidence.CERTAIN, report.diagnosis().confidence());
    int vpid = (int) report.resource().get("process.vpid");
    assertTrue(vpid > 1 && vpid < 100, () -> "" + report.resource());
    assertEquals("crasher", report.crashedThread().orElseThrow().name());
    assertTrue(report.crashedThread().orElseThrow().nativeId() < 200);
    assertEquals("SIGABRT", report.termination().finalStatus().signal());
  }
}
