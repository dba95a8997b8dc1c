// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.it.victim.Stacks;
import io.jmortem.report.Report;
import io.jmortem.report.Report.Frame;
import io.jmortem.report.Report.ThreadInfo;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The stacks in the report of a real crash: of the crashed thread, and of all others. */
class StacksIT {

  @BeforeEach
  void needsRoot() {
    Tests.assumeRoot();
  }

  /** The place of the crash, the newest frame, the method of the newest Java frame, VM options. */
  static Stream<Arguments> places() {
    return Jdk.all()
        .flatMap(
            jdk ->
                Stream.of(
                    Arguments.of(jdk, "null", "native", "nullDereference", ""),
                    Arguments.of(jdk, "nested-native", "native", "nullDereference", ""),
                    Arguments.of(jdk, "unsafe-write", "vm", "put(Address|Long)0?", "-Xint"),
                    Arguments.of(jdk, "compiled-read", "compiled|inlined", "getLong|sum", ""),
                    Arguments.of(jdk, "compiled-read", "compiled|inlined", "getLong|sum", "-Xcomp"),
                    Arguments.of(jdk, "stub", "stub|vm|native", "copyMemory0?", ""),
                    Arguments.of(
                        jdk, "interpreter", "interpreted|stub", "callOnBrokenObject", "-Xint"),
                    Arguments.of(jdk, "abort", "native", "callAbort", "")));
  }

  @ParameterizedTest
  @MethodSource("places")
  void crashedThread(Jdk jdk, String victim, String newest, String method, String option) {
    VictimRun run = new VictimRun(jdk, victim);
    if (!option.isEmpty()) {
      run.vm(option);
    }
    Report report = run.run().report();

    assertEquals("full", report.capture().level(), run::stderr);
    ThreadInfo crashed = report.crashedThread().orElseThrow();
    List<Frame> frames = crashed.frames();
    List<Frame> java = frames.stream().filter(frame -> frame.className() != null).toList();
    assertEquals("crasher", crashed.name());
    assertNotNull(crashed.id());
    assertTrue(crashed.softErrors() == null, crashed::toString);
    assertTrue(frames.get(0).type().matches(newest), frames::toString);
    assertTrue(java.get(0).method().matches(method), frames::toString);
    assertEquals("java.lang.Thread", java.get(java.size() - 1).className(), frames::toString);
    assertEquals("run", java.get(java.size() - 1).method());
    if (victim.equals("nested-native")) {
      assertEquals(2, java.stream().filter(frame -> frame.method().equals("callBack")).count());
    }
  }

  @ParameterizedTest
  @MethodSource("io.jmortem.it.Jdk#all")
  void allThreads(Jdk jdk) {
    String[] kinds =
        jdk.feature() >= 21
            ? new String[] {"still", "busy", "virtual"}
            : new String[] {"still", "busy"};
    VictimRun run = new VictimRun(jdk, kinds).main(Stacks.class).start();
    run.awaitReady();
    Report report = run.go().finish().report();

    assertEquals("full", report.capture().level(), run::stderr);
    assertEquals("main", report.crashedThread().orElseThrow().name());
    // the kernel calls it "java"
    assertTrue(report.diagnosis().summary().contains("in thread \"main\" ("), run::stderr);
    assertMethod(report, "deep", "park");
    assertMethod(report, "waiting \u00e9\u00fc", "waitNested");
    assertMethod(report, "\u65e5\u672c\u8a9e thread", "park");
    assertMethod(report, "busy-osr", "spin");
    assertMethod(report, "busy-inlined", "inlinedSpin");
    assertMethod(report, "busy-recursive", "recursiveSpin");
    assertMethod(report, "busy-native-java", "callBack");
    assertEquals(
        Set.of(
            Set.of("dead-monitor-0", "dead-monitor-1", "dead-monitor-2"),
            Set.of("dead-lock-0", "dead-lock-1")),
        report.deadlocks().stream()
            .map(deadlock -> Set.copyOf(deadlock.threads()))
            .collect(Collectors.toSet()));
    assertEquals("monitor-owner", thread(report, "monitor-waiter-1").waitsFor().ownerName());
    assertEquals("lock-owner", thread(report, "lock-waiter").waitsFor().ownerName());
    assertEquals(2, thread(report, "lock-owner").holds().size());
    Set<String> names = report.threads().stream().map(ThreadInfo::name).collect(Collectors.toSet());
    assertTrue(
        names.containsAll(Set.of("VM Thread", "C2 CompilerThread0", "VM Periodic Task Thread")),
        names::toString);
    if (jdk.feature() >= 21) {
      assertVirtualThreads(report);
    }
    String text = Tests.read(run.reportDirectories().get(0).resolve("report.txt"));
    assertTrue(text.contains("\nDEADLOCKS\n"), text);
    assertTrue(text.contains("\"monitor-owner\" holds java.lang.Object 0x"), text);
  }

  private static void assertVirtualThreads(Report report) {
    ThreadInfo pinned = thread(report, "virtual-pinned");
    assertTrue(pinned.virtual());
    assertMethod(report, "virtual-pinned", "callBack");
    assertTrue(
        report.threads().stream()
            .anyMatch(other -> !other.virtual() && pinned.nativeId().equals(other.nativeId())),
        "its carrier is shown too");
    List<ThreadInfo> parked =
        report.threads().stream().filter(each -> each.name().equals("virtual-parked")).toList();
    assertEquals(5, parked.size());
    for (ThreadInfo thread : parked) {
      assertTrue(thread.virtual());
      assertEquals("WAITING", thread.state());
      assertEquals(
          21,
          thread.frames().stream().filter(frame -> frame.method().equals("deep")).count(),
          thread::toString);
    }
    assertEquals(
        61,
        thread(report, "virtual-yielding").frames().stream()
            .filter(frame -> frame.method().equals("deepYield"))
            .count());
  }

  private static ThreadInfo thread(Report report, String name) {
    return report.threads().stream()
        .filter(thread -> thread.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no thread " + name));
  }

  private static void assertMethod(Report report, String name, String method) {
    ThreadInfo thread = thread(report, name);
    assertTrue(thread.softErrors() == null, thread::toString);
    assertTrue(
        thread.frames().stream().anyMatch(frame -> method.equals(frame.method())),
        thread::toString);
  }

  /** A JVM below a memory limit must not be killed because of its report. */
  @Test
  void noMemoryForTheWalk() {
    try (LimitedMemory limit = new LimitedMemory(120)) {
      Report report =
          new VictimRun(Jdk.own(), "null")
              .vm("-Xmx16m")
              .agent("snapshot=off,hold=off")
              .below(limit.commandWithoutWayOut())
              .run()
              .report();

      assertEquals(Report.Category.VM_CRASH, report.diagnosis().category());
      assertEquals("kernel", report.capture().level());
      assertTrue(
          report.softErrors().stream().anyMatch(error -> error.contains("MiB of memory are left")),
          () -> report.softErrors().toString());
    }
  }
}
