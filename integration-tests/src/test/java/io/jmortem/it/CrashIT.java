// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import io.jmortem.report.Report.Category;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Real crashes: each has one correct report, and the JVM behaves as without jmortem. */
class CrashIT {

  /**
   * A way to crash.
   *
   * @param address of the fault; null if only the victim knows it
   * @param where part of the path of the mapping with the instruction pointer
   */
  record Crash(
      Jdk jdk,
      String victim,
      Category category,
      String signal,
      String code,
      String address,
      String where,
      List<String> vm) {

    @Override
    public String toString() {
      return jdk + " " + victim + " " + vm;
    }
  }

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  static Stream<Crash> crashes() {
    return Jdk.all()
        .flatMap(
            jdk ->
                Stream.of(
                    crash(jdk, "null", "SIGSEGV", "SEGV_MAPERR", "0x18", "libvictim.so"),
                    crash(jdk, "fpe", "SIGFPE", "FPE_INTDIV", null, "libvictim.so"),
                    crash(jdk, "ill", "SIGILL", "ILL_ILLOPN", null, "libvictim.so"),
                    crash(jdk, "bus", "SIGBUS", "BUS_ADRERR", null, "libvictim.so"),
                    crash(
                        jdk,
                        "unsafe-write",
                        "SIGSEGV",
                        "SEGV_MAPERR",
                        "0x18",
                        "libjvm.so",
                        "-Xint"),
                    crash(jdk, "compiled-read", "SIGSEGV", "SEGV_MAPERR", "0x18", "anonymous rwx"),
                    crash(jdk, "two-threads", "SIGSEGV", "SEGV_MAPERR", "0x18", "libvictim.so"),
                    crash(
                        jdk,
                        "null",
                        "SIGSEGV",
                        "SEGV_MAPERR",
                        "0x18",
                        "libvictim.so",
                        "-XX:+SuppressFatalErrorMessage")));
  }

  private static Crash crash(
      Jdk jdk,
      String victim,
      String signal,
      String code,
      String address,
      String where,
      String... vm) {
    return new Crash(jdk, victim, Category.VM_CRASH, signal, code, address, where, List.of(vm));
  }

  @ParameterizedTest
  @MethodSource("crashes")
  void crash(Crash crash) {
    VictimRun run =
        new VictimRun(crash.jdk, crash.victim).vm(crash.vm.toArray(new String[0])).run();
    Report report = run.report();

    assertEquals(Category.VM_CRASH, report.diagnosis().category());
    assertEquals(Report.Confidence.CERTAIN, report.diagnosis().confidence());
    assertEquals(crash.signal, report.sigInfo().signoHumanReadable());
    assertEquals(crash.code, report.sigInfo().codeHumanReadable());
    assertEquals(expectedAddress(crash, run, report), report.sigInfo().address());
    assertTrue(
        report.ucontext().mappings().get("rip").contains(crash.where),
        () -> report.ucontext().toString());
    assertFalse(report.sender().hasSender());
    assertCrashedThread(report);
    assertEquals("SIGABRT", report.termination().finalStatus().signal());
    assertEquals("full", report.capture().level());
    assertEquals("fault", report.capture().moment());
    assertEquals("ptrace", report.capture().frozenBy());
    assertEquals(0L, report.capture().lostEvents());
    assertAsUnwatched(crash, run);
  }

  /** For FPE and ILL, the address is that of the instruction. */
  private static String expectedAddress(Crash crash, VictimRun run, Report report) {
    if (crash.address != null) {
      return crash.address;
    }
    return crash.victim.equals("bus")
        ? run.stdout("address ")
        : report.ucontext().registers().get("rip");
  }

  private static void assertCrashedThread(Report report) {
    List<Report.ThreadInfo> crashed =
        report.threads().stream().filter(Report.ThreadInfo::crashed).toList();
    assertEquals(1, crashed.size(), crashed::toString);
    assertTrue(crashed.get(0).name().startsWith("crasher"), crashed::toString);
    assertEquals(crashed.get(0).nativeId(), report.termination().firstCause().nativeId());
    assertTrue(
        crashed.get(0).frames().stream()
            .anyMatch(frame -> "io.jmortem.it.victim.Victim".equals(frame.className())),
        crashed::toString);
  }

  private static void assertAsUnwatched(Crash crash, VictimRun run) {
    VictimRun unwatched =
        new VictimRun(crash.jdk, crash.victim)
            .vm(crash.vm.toArray(new String[0]))
            .unwatched()
            .run();
    assertEquals(unwatched.status(), run.status());
    assertEquals(headings(unwatched.hsErrLogs()), headings(run.hsErrLogs()));
    // two crashing threads mix their output
    if (!crash.victim.equals("two-threads")) {
      assertEquals(comparable(unwatched.stdout()), comparable(run.stdout()));
    }
  }

  /** The sections of each log, up to its end, which are missing if HotSpot is interrupted. */
  private static List<List<String>> headings(List<Path> logs) {
    return logs.stream()
        .map(
            log ->
                Tests.read(log)
                    .lines()
                    .filter(line -> line.startsWith("-----") || line.startsWith("END."))
                    .toList())
        .toList();
  }

  /** Removes numbers, which differ between runs. */
  private static List<String> comparable(List<String> stdout) {
    return stdout.stream()
        .filter(line -> !line.startsWith("level "))
        .map(line -> line.replaceAll("0x\\p{XDigit}+|\\d+", "N"))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("io.jmortem.it.Jdk#all")
  void abort(Jdk jdk) {
    VictimRun run = new VictimRun(jdk, "abort").run();
    Report report = run.report();

    assertEquals(Category.NATIVE_ABORT, report.diagnosis().category());
    assertEquals("crasher", report.crashedThread().orElseThrow().name());
    assertEquals("ptrace", report.capture().frozenBy());
    assertEquals("SIGABRT", report.termination().finalStatus().signal());
    assertTrue(report.ucontext().mappings().get("rip").contains("libc"));
    assertEquals(List.of(), run.hsErrLogs());
    assertEquals(new VictimRun(jdk, "abort").unwatched().run().status(), run.status());
  }

  @ParameterizedTest
  @MethodSource("io.jmortem.it.Jdk#all")
  void crashThroughAnotherLibrarysHandler(Jdk jdk) {
    Report report = new VictimRun(jdk, "own-handler-crash").run().report();

    assertEquals(Category.VM_CRASH, report.diagnosis().category());
    assertEquals("0x18", report.sigInfo().address());
    assertTrue(report.counters().benign().get("SIGSEGV SEGV_MAPERR") >= 10);
  }
}
