// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import io.jmortem.report.Report.Category;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The ways to send a signal are distinguished. */
class SenderIT {

  private static final Path SEND = Tests.nativeTool("send");

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  @ParameterizedTest
  @CsvSource({
    "tkill, tkill",
    "tgkill, tgkill",
    "sigqueue, sigqueue",
    "pidfd, pidfd_send_signal",
  })
  void systemCalls(String how, String told) {
    VictimRun run = new VictimRun(Jdk.own(), "sleep").start();
    long pid = run.awaitReady();
    Tests.run(SEND.toString(), how, "" + pid);
    Report report = run.finish().report();

    assertEquals(137, run.status());
    assertEquals(Category.KILLED, report.diagnosis().category());
    assertEquals("send", report.sender().executable());
    assertEquals(told, report.sender().how());
    assertEquals(SEND + " " + how + " " + pid, report.sender().commandLine());
  }

  /** A SIGKILL of the kernel that is not from the OOM killer. */
  @Test
  void hardLimitOfCpuTime() {
    VictimRun run = new VictimRun(Jdk.own(), "spin").start();
    Tests.run(SEND.toString(), "limit", "" + run.awaitReady());
    Report report = run.finish().report();

    assertEquals(137, run.status());
    assertEquals(Category.KILLED, report.diagnosis().category());
    assertEquals(Report.Confidence.LIKELY, report.diagnosis().confidence());
    assertFalse(report.sender() != null && report.sender().hasSender());
    assertTrue(report.diagnosis().hint().contains("RLIMIT_CPU"), report.diagnosis()::hint);
  }

  @Test
  void timer() {
    VictimRun run = new VictimRun(Jdk.own(), "alarm").run();
    Report report = run.report();

    assertEquals(142, run.status());
    assertEquals(Category.FATAL_SIGNAL, report.diagnosis().category());
    assertEquals("SIGALRM", report.sigInfo().signoHumanReadable());
    assertTrue(
        report.diagnosis().summary().endsWith("it was sent by the kernel (a timer)"),
        report.diagnosis()::summary);
  }

  /** A signal without a handler is fatal, so its sender is always recorded. */
  @Test
  void signalThatWasNotAskedFor() {
    VictimRun run = new VictimRun(Jdk.own(), "sleep").agent("snapshot=off,signals=TERM").start();
    long pid = run.awaitReady();
    Tests.run("sh", "-c", "exec kill -USR1 " + pid);
    Report report = run.finish().report();

    assertEquals(138, run.status());
    assertEquals(Category.KILLED, report.diagnosis().category());
    assertEquals("kill -USR1 " + pid, report.sender().commandLine());
  }

  @ParameterizedTest
  @CsvSource({
    "terminal, 130, SIGINT was sent by the kernel (typed at its terminal)",
    "hangup, 129, SIGHUP was sent by the kernel (its terminal was closed)",
    "parent, 137, 'SIGKILL was sent by the kernel, because its parent send'",
  })
  void noProcess(String how, int status, String words) {
    VictimRun run = new VictimRun(Jdk.own(), "sleep");
    run.below(SEND.toString(), how);
    Report report = run.run().report();

    assertEquals(status, run.status());
    assertEquals(Category.KILLED, report.diagnosis().category());
    assertTrue(report.diagnosis().summary().startsWith(words), report.diagnosis()::summary);
  }
}
