// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.it.victim.Victim;
import io.jmortem.report.Report;
import io.jmortem.report.Report.Category;
import io.jmortem.report.Report.Confidence;
import io.jmortem.report.Report.ThreadInfo;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** JVMs of an ordinary user: no kernel evidence of faults, signals and the dying thread. */
class MemoryLevelIT {

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  /** Enough time for all stacks under any load. */
  private static VictimRun victim(Jdk jdk, String... death) {
    return new VictimRun(jdk, death).asOrdinaryUser().agent("snapshot=off,deadline=30s");
  }

  private static Report died(Jdk jdk, String... death) {
    VictimRun run = victim(jdk, death).vm("-Dvictim.busy=true").run();
    Report report = run.report();
    assertEquals("memory", report.capture().level(), run::stderr);
    assertEquals(Confidence.LIKELY, report.diagnosis().confidence(), run::stderr);
    return report;
  }

  private static void assertDiagnosis(Category category, String summary, Report report) {
    String said = report.diagnosis().summary();
    assertEquals(category, report.diagnosis().category(), said);
    assertTrue(said.contains(summary), said);
  }

  private static boolean hasFrame(ThreadInfo thread, String method) {
    return thread.frames().stream()
        .anyMatch(
            frame ->
                method.equals(frame.method())
                    || String.valueOf(frame.function()).startsWith(method + "+"));
  }

  // ---- the thread is unknown

  @ParameterizedTest
  @MethodSource("io.jmortem.it.Jdk#all")
  void nativeStackOverflow(Jdk jdk) {
    Report report = died(jdk, "native-overflow");

    assertDiagnosis(
        Category.FATAL_SIGNAL,
        "a native stack overflow in libvictim.so, in thread \"crasher\"",
        report);
    ThreadInfo crashed = report.crashedThread().orElseThrow();
    assertEquals("crasher", crashed.name());
    assertTrue(hasFrame(crashed, "overflowStack"), crashed::toString);
    assertTrue(hasFrame(crashed, "die"), crashed::toString);
    ThreadInfo busy =
        report.threads().stream()
            .filter(thread -> thread.name().equals("busy"))
            .findFirst()
            .orElseThrow();
    assertTrue( // the newest frames are guessed; a loop without calls may be missing
        busy.frames().stream().anyMatch(frame -> Victim.class.getName().equals(frame.className())),
        busy::toString);
  }

  @Test
  void overflowOfNativeThread() {
    Report report = died(Jdk.own(), "native-thread-overflow");

    assertDiagnosis(
        Category.FATAL_SIGNAL,
        "a native stack overflow in libvictim.so, in a native thread (not a Java thread)",
        report);
    assertEquals(null, report.crashedThread().orElseThrow().nativeId());
  }

  @ParameterizedTest
  @MethodSource("io.jmortem.it.Jdk#all")
  void exceptionInNativeThread(Jdk jdk) {
    Report report = died(jdk, "exception");

    assertDiagnosis(Category.NATIVE_ABORT, "an uncaught C++ exception", report);
    assertTrue(hasFrame(report.crashedThread().orElseThrow(), "abort"));
  }

  // ---- the sender is unknown

  @ParameterizedTest
  @CsvSource({"tgkill, 11, SIGSEGV", "sigqueue, 7, SIGBUS"})
  void faultThatWasSent(String how, String number, String signal) {
    Report report = killed(Tests.nativeTool("send").toString(), how, "PID", number);

    assertDiagnosis(Category.KILLED, signal + " was sent by process ", report);
    assertTrue(report.diagnosis().summary().contains(" (uid 0)"), report.diagnosis()::toString);
    assertEquals("find out why the sender sent the signal", report.diagnosis().hint());
  }

  @Test
  void abortThatWasSent() {
    Report report = killed("kill", "-ABRT", "PID");

    assertDiagnosis(Category.FATAL_SIGNAL, "no thread is in abort(): the signal was sent", report);
    assertTrue(report.crashedThread().isEmpty());
  }

  @Test
  void raisedByItself() {
    assertDiagnosis(
        Category.FATAL_SIGNAL,
        "SIGSEGV was raised by the process itself",
        died(Jdk.own(), "raise", "11"));
  }

  private static Report killed(String... command) {
    VictimRun run = victim(Jdk.own(), "sleep").start();
    String pid = "" + run.awaitAsleep();
    for (int i = 0; i < command.length; i++) {
      command[i] = command[i].equals("PID") ? pid : command[i];
    }
    Tests.run(command);
    return run.finish().report();
  }

  // ---- the process can't be read

  /** A process that made itself unreadable: HotSpot's log is still found. */
  @ParameterizedTest
  @CsvSource({"null, true", "unreadable, false"})
  void logOfAnUnreadableProcess(String death, boolean fromItsStart) {
    VictimRun run = victim(Jdk.own(), death);
    if (fromItsStart) {
      run.vm("-agentpath:" + Tests.victimLibrary());
    }
    Report report = run.run().report();

    assertEquals(fromItsStart ? "agent" : "memory", run.stdout("level "));
    assertDiagnosis(Category.VM_CRASH, "SIGSEGV (SEGV_MAPERR)", report);
    assertTrue(hasFrame(report.crashedThread().orElseThrow(), "nullDereference"));
    assertFalse(report.jvm().arguments().isEmpty());
  }
}
