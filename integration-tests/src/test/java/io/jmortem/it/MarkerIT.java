// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.it.victim.HelperDriver;
import io.jmortem.report.Report;
import io.jmortem.report.Report.Category;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each marker, and each kind of buffer for records. */
class MarkerIT {

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  @ParameterizedTest
  @ValueSource(strings = {"uprobe", "delivery", "syscalls"})
  void marker(String marker) {
    VictimRun run = new VictimRun(Jdk.own(), "null").agent("snapshot=off,marker=" + marker).run();
    Report report = run.report();

    assertEquals(marker, report.capture().probes().get("marker"));
    assertEquals(Category.VM_CRASH, report.diagnosis().category());
    assertEquals(Report.Confidence.CERTAIN, report.diagnosis().confidence());
    assertEquals("0x18", report.sigInfo().address());
    assertEquals("ptrace", report.capture().frozenBy());
    assertEquals(1, run.lines().size(), run::stderr);
  }

  /**
   * Of a thread's later faults, the kernel keeps no registers but two: the others are read where
   * HotSpot's handler got them.
   */
  @ParameterizedTest
  @MethodSource("io.jmortem.it.Jdk#all")
  void registersAfterBenignFaults(Jdk jdk) {
    VictimRun run =
        new VictimRun(jdk, "null-checks-crash", "1000").vm("-Xint").agent("snapshot=off").run();
    Report report = run.report();

    assertEquals(Category.VM_CRASH, report.diagnosis().category());
    assertEquals("0x18", report.sigInfo().address());
    assertEquals("ptrace", report.capture().frozenBy());
    Map<String, String> registers = report.ucontext().registers();
    Map<String, String> logged = new TreeMap<>();
    Pattern.compile("\\b(R[A-Z0-9]{1,2}) *=0x(\\p{XDigit}+)")
        .matcher(Tests.read(run.hsErrLogs().get(0)))
        .results()
        .forEach(
            found -> logged.putIfAbsent(found.group(1).toLowerCase(Locale.ROOT), found.group(2)));
    assertTrue(logged.size() >= 17, logged::toString);
    logged.forEach(
        (name, value) ->
            assertEquals(
                Long.parseUnsignedLong(value, 16),
                Long.parseUnsignedLong(registers.get(name).substring(2), 16),
                name));
  }

  /** The marker loads, or the next best one is used and a line says so. */
  @Test
  void fentry() {
    VictimRun run = new VictimRun(Jdk.own(), "null").agent("snapshot=off,marker=fentry").run();
    Report report = run.report();

    assertEquals(Category.VM_CRASH, report.diagnosis().category());
    assertEquals("ptrace", report.capture().frozenBy());
    if (!"fentry".equals(report.capture().probes().get("marker"))) {
      assertEquals(2, run.lines().size(), run::stderr);
      assertTrue(run.lines().get(0).contains("marker=fentry"), run::stderr);
    }
  }

  /** The call that ends the process is recorded, after HotSpot has written its log. */
  @Test
  void none() {
    Report report =
        new VictimRun(Jdk.own(), "null").agent("snapshot=off,marker=none").run().report();

    assertEquals(Category.VM_CRASH, report.diagnosis().category());
    assertEquals(Report.Confidence.CERTAIN, report.diagnosis().confidence());
  }

  @Test
  void freezeOff() {
    Report report =
        new VictimRun(Jdk.own(), "null").agent("snapshot=off,freeze=off").run().report();

    assertEquals(Category.VM_CRASH, report.diagnosis().category());
    assertNull(report.capture().frozenBy());
  }

  /** On request, the kernel sends SIGSTOP at the marker. */
  @Test
  void freezeOn() {
    VictimRun run = new VictimRun(Jdk.own(), "null").agent("snapshot=off,freeze=on").run();

    assertEquals("sigstop", run.report().capture().frozenBy());
    assertEquals(134, run.status());
  }

  /** The buffer of kernels without ring buffer. */
  @Test
  void perfEventArray() {
    VictimRun run =
        new VictimRun(Jdk.own(), "null")
            .unwatched()
            .main(HelperDriver.class)
            .vm("-Dvictim.await=true");
    run.vm(
        "-Dhelper.jar=" + Tests.jar(),
        "-Dhelper.dir=" + run.directory(),
        "-Dhelper.pair=buffer=perf");
    Report report = run.run().report();

    assertEquals("perf event array", report.capture().probes().get("buffer"));
    assertEquals(Category.VM_CRASH, report.diagnosis().category());
    assertEquals("0x18", report.sigInfo().address());
    assertEquals("ptrace", report.capture().frozenBy());
    assertEquals(0L, report.capture().lostEvents());
  }
}
