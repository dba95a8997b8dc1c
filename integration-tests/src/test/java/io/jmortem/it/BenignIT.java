// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import io.jmortem.report.Report.Category;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Events that a JVM survives: no report and no freeze, but the kernel counts them. */
class BenignIT {

  /**
   * An event that a JVM survives.
   *
   * @param counter its name in the report's counters
   * @param least how often it must have been counted
   */
  record Benign(Jdk jdk, String victim, int count, String counter, long least, List<String> vm) {

    @Override
    public String toString() {
      return jdk + " " + count + " " + victim;
    }
  }

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  static Stream<Benign> benign() {
    return Jdk.all()
        .flatMap(
            jdk ->
                Stream.of(
                    new Benign(
                        jdk,
                        "null-checks",
                        1_000_000,
                        "SIGSEGV SEGV_MAPERR",
                        1_000_000,
                        List.of("-Xint")),
                    new Benign(
                        jdk,
                        "stack-overflows",
                        100_000,
                        "SIGSEGV SEGV_ACCERR",
                        1000,
                        List.of("-Xint", "-XX:MaxJavaStackTraceDepth=1")),
                    new Benign(jdk, "safepoints", 200, "SIGSEGV SEGV_ACCERR", 50, List.of()),
                    new Benign(
                        jdk, "own-handler", 10_000, "SIGSEGV SEGV_MAPERR", 10_000, List.of())));
  }

  /** A clean exit is reported on request, so that the counters can be checked. */
  @ParameterizedTest
  @MethodSource("benign")
  void counted(Benign benign) {
    VictimRun run = victim(benign).agent("snapshot=off,on-exit=always").run();
    Report report = run.report();

    assertEquals("" + benign.count, run.stdout("caught "));
    assertEquals(Category.CLEAN, report.diagnosis().category());
    assertEquals(0, run.status());
    assertNull(report.capture().frozenBy());
    assertTrue(
        report.counters().benign().getOrDefault(benign.counter, 0L) >= benign.least,
        () -> report.counters().toString());
  }

  @ParameterizedTest
  @MethodSource("benign")
  void unreported(Benign benign) {
    Benign few = new Benign(benign.jdk, benign.victim, benign.count / 50, "", 0, benign.vm);
    VictimRun run = victim(few).run();

    assertEquals("" + few.count, run.stdout("caught "));
    assertClean(run);
  }

  /** The marker that decides at the fault must also ignore them. */
  @ParameterizedTest
  @MethodSource("benign")
  void unreportedByTheWeakestMarker(Benign benign) {
    Benign few = new Benign(benign.jdk, benign.victim, benign.count / 50, "", 0, benign.vm);
    VictimRun run = victim(few).agent("snapshot=off,marker=delivery").run();

    assertEquals("" + few.count, run.stdout("caught "));
    assertClean(run);
  }

  @ParameterizedTest
  @MethodSource("io.jmortem.it.Jdk#all")
  void exitZero(Jdk jdk) {
    assertClean(new VictimRun(jdk, "exit", "0").run());
  }

  private static VictimRun victim(Benign benign) {
    return new VictimRun(benign.jdk, benign.victim, "" + benign.count)
        .vm(benign.vm.toArray(new String[0]));
  }

  /** Nothing is left: no report, no message, no process, no file. */
  private static void assertClean(VictimRun run) {
    assertEquals(0, run.status(), run::stderr);
    run.assertNoReport();
    assertEquals(List.of(), run.lines());
    assertEquals(List.of(), Tests.list(run.tmp()));
    assertEquals(List.of(), run.hsErrLogs());
  }
}
