// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import io.jmortem.report.Report.Category;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One thread is held from arming to the exit; the process otherwise behaves as usual. */
class HoldIT {

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  private static VictimRun asleep(VictimRun run) {
    run.start().awaitAsleep();
    return run;
  }

  private static VictimRun asleep(String options) {
    return asleep(new VictimRun(Jdk.own(), "sleep").agent("snapshot=off" + options));
  }

  private static long pid(VictimRun run) {
    return Long.parseLong(run.stdout("ready "));
  }

  private static void kill(String signal, long pid) {
    Tests.run("kill", "-" + signal, "" + pid);
  }

  /** The tracer of each of a process's threads; 0 for none. */
  private static List<Long> tracers(long pid) {
    try (Stream<Path> tasks = Files.list(Path.of("/proc/" + pid + "/task"))) {
      return tasks
          .flatMap(task -> Tests.read(task.resolve("status")).lines())
          .filter(line -> line.startsWith("TracerPid:"))
          .map(line -> Long.parseLong(line.substring("TracerPid:".length()).strip()))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String state(long pid) {
    String stat = Tests.read(Path.of("/proc/" + pid + "/stat"));
    return stat.substring(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  }

  private static void await(java.util.function.BooleanSupplier condition) {
    long hangs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > hangs) {
        throw new AssertionError("it hangs"); // no test depends on how long it takes
      }
      Thread.onSpinWait();
    }
  }

  @Test
  void oneThreadAlone() {
    VictimRun run = asleep("");
    List<Long> tracers = tracers(pid(run));

    assertEquals(1, tracers.stream().filter(tracer -> tracer != 0).count(), tracers::toString);
    assertEquals(run.helpers().get(1), tracers.get(tracers.size() - 1));
    kill("KILL", pid(run));
    run.finish();
  }

  @Test
  void stopsLastUntilTheyAreContinued() {
    VictimRun run = asleep("");
    long pid = pid(run);
    for (int i = 0; i < 3; i++) {
      kill("STOP", pid);
      await(() -> state(pid).equals("T"));
      kill("CONT", pid);
      await(() -> !state(pid).equals("T"));
    }
    kill("STOP", pid);
    await(() -> state(pid).equals("T"));
    kill("KILL", pid);
    Report report = run.finish().report();

    assertEquals(137, run.status());
    assertEquals("full", report.capture().level());
  }

  /** HotSpot's thread dump, on stdout. */
  @ParameterizedTest
  @MethodSource("io.jmortem.it.Jdk#all")
  void quitIsNoDeath(Jdk jdk) {
    VictimRun run = asleep(new VictimRun(jdk, "sleep"));
    kill("QUIT", pid(run));
    run.awaitLine("Full thread dump");
    kill("TERM", pid(run));
    Report report = run.finish().report();

    assertEquals(143, run.status());
    assertEquals(Category.KILLED, report.diagnosis().category());
    assertTrue(report.diagnosis().summary().startsWith("SIGTERM"), report.diagnosis()::summary);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",hold=off"})
  void anotherProgramIsNoDeath(String options) {
    for (String status : List.of("0", "9")) {
      VictimRun run =
          new VictimRun(Jdk.own(), "exec", status).agent("snapshot=off" + options).run();

      assertEquals(Integer.parseInt(status), run.status());
      run.assertNoReport();
      assertEquals(List.of(), run.lines());
      assertEquals(List.of(), Tests.list(run.tmp()));
    }
  }

  /** A debugger must trace all threads itself. */
  @Test
  void releasedOnRequest() {
    VictimRun run = asleep("");
    long pid = pid(run);
    long helper = run.helpers().get(1);
    kill("USR1", helper);
    await(() -> tracers(pid).stream().allMatch(tracer -> tracer == 0));
    kill("USR2", helper);
    await(() -> tracers(pid).contains(helper));
    kill("USR1", helper);
    await(() -> tracers(pid).stream().allMatch(tracer -> tracer == 0));
    kill("KILL", pid);
    Report report = run.finish().report();

    assertEquals(Category.KILLED, report.diagnosis().category());
    assertEquals("kernel", report.capture().level());
    assertNull(report.capture().heldMillis());
  }

  @Test
  void off() {
    VictimRun run = asleep(",hold=off");
    assertTrue(tracers(pid(run)).stream().allMatch(tracer -> tracer == 0));
    kill("KILL", pid(run));
    Report report = run.finish().report();

    assertEquals("kernel", report.capture().level());
    assertTrue(
        report.capture().missing().stream().anyMatch(missing -> missing.contains("hold=off")),
        report.capture()::toString);
  }

  /** The kernel releases the thread when its tracer dies. */
  @Test
  void helperKilled() {
    VictimRun run = asleep("");
    kill("KILL", run.helpers().get(1));
    await(() -> tracers(pid(run)).stream().allMatch(tracer -> tracer == 0));
    await(() -> run.stderr().contains("no longer watched"));
    kill("KILL", pid(run));

    assertEquals(137, run.finish().status());
    run.assertNoReport();
  }

  /** The watchdog wakes or kills a helper that can't end the hold. */
  @Test
  void helperStopped() {
    VictimRun run = asleep(",deadline=1s");
    kill("STOP", run.helpers().get(1));
    kill("KILL", pid(run));

    assertEquals(137, run.finish().status());
  }

  @ParameterizedTest
  @MethodSource("io.jmortem.it.Jdk#all")
  void stopThatRunsOutOfTime(Jdk jdk) {
    VictimRun run = asleep(new VictimRun(jdk, "slow-shutdown"));
    kill("TERM", pid(run));
    // the inspection is over when the shutdown has begun
    await(() -> threads(pid(run)).contains("slow-hook"));
    kill("KILL", pid(run));
    Report report = run.finish().report();

    assertEquals(Category.KILLED, report.diagnosis().category());
    assertTrue(
        report.diagnosis().summary().contains("s after SIGTERM"), report.diagnosis()::summary);
    assertEquals("SIGTERM sent", report.termination().firstCause().what());
    assertEquals("SIGKILL", report.termination().finalStatus().signal());
    assertEquals("exit", report.capture().moment());
    assertTrue(names(report.threads()).contains("slow-hook"));
    assertEquals("request", report.earlierThreads().moment());
    assertTrue(report.earlierThreads().beforeMillis() >= 0);
    assertTrue(names(report.earlierThreads().threads()).contains("crasher"));
    assertFalse(names(report.earlierThreads().threads()).contains("slow-hook"));
  }

  /** The JVM is killed during the inspection at the SIGTERM, or just after. */
  @ParameterizedTest
  @ValueSource(ints = {0, 20, 80})
  void killedDuringInspection(int millis) {
    VictimRun run = asleep(new VictimRun(Jdk.own(), "slow-shutdown"));
    long pid = pid(run);
    Tests.run("sh", "-c", "kill -TERM " + pid + "; sleep 0.0" + millis + "; kill -KILL " + pid);
    Report report = run.finish().report();

    assertEquals(137, run.status());
    assertEquals(Category.KILLED, report.diagnosis().category());
    assertEquals("exit", report.capture().moment(), () -> "" + report.softErrors());
    assertTrue(names(report.threads()).contains("crasher"));
  }

  private static List<String> names(List<Report.ThreadInfo> threads) {
    return threads.stream().map(Report.ThreadInfo::name).toList();
  }

  private static List<String> threads(long pid) {
    try (Stream<Path> tasks = Files.list(Path.of("/proc/" + pid + "/task"))) {
      return tasks.map(task -> Tests.read(task.resolve("comm")).strip()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The process ended by the SIGTERM, so only that moment was inspected. */
  @Test
  void stopInTime() {
    VictimRun run = asleep("");
    kill("TERM", pid(run));
    Report report = run.finish().report();

    assertEquals(143, run.status());
    assertEquals("before", report.capture().moment());
    assertNull(report.earlierThreads());
    assertTrue(names(report.threads()).contains("crasher"));
  }

  @ParameterizedTest
  @MethodSource("io.jmortem.it.Jdk#all")
  void victimOfTheOomKiller(Jdk jdk) {
    try (LimitedMemory limit = new LimitedMemory(150)) {
      VictimRun run =
          new VictimRun(jdk, "out-of-memory")
              .vm("-Xmx4g", "-XX:+UseSerialGC")
              .below(limit.command())
              .run();
      Report report = run.report();

      assertEquals(137, run.status());
      assertEquals(Category.OOM_KILLED, report.diagnosis().category());
      assertEquals(Report.Confidence.CERTAIN, report.diagnosis().confidence());
      assertTrue(
          report.diagnosis().summary().contains("the limit is 150 MiB"),
          report.diagnosis()::summary);
      assertEquals("full", report.capture().level(), () -> "" + report.softErrors());
      assertTrue(names(report.threads()).contains("crasher"));
    }
  }

  /** Without privileges, the helper can't leave the cgroup, but the cgroup has counted the kill. */
  @Test
  void victimWithoutPrivileges() {
    try (LimitedMemory limit = new LimitedMemory(150)) {
      VictimRun run =
          new VictimRun(Jdk.own(), "out-of-memory")
              .vm("-Xmx4g", "-XX:+UseSerialGC")
              .below(limit.command())
              .asOrdinaryUser()
              .run();
      Report report = run.report();

      assertEquals(137, run.status());
      assertEquals(Category.OOM_KILLED, report.diagnosis().category());
      // likely if its memory was full, or already freed; otherwise possible
      assertNotEquals(Report.Confidence.CERTAIN, report.diagnosis().confidence());
    }
  }

  /**
   * The helper reads more data than memory is left, mainly mappings: so it reads them in another
   * cgroup. The JVM still ends as it would without us.
   */
  @ParameterizedTest
  @ValueSource(strings = {"abort", "exit-native"})
  void shortOfMemory(String how) {
    try (LimitedMemory limit = new LimitedMemory(2000)) {
      VictimRun run =
          new VictimRun(Jdk.own(), how, "5")
              .vm("-Xmx64m", "-Dvictim.mappings=20000")
              .waiting()
              .below(limit.command())
              .start();
      Report report = diesShortOfMemory(run, limit, how);

      assertEquals("full", report.capture().level(), () -> "" + report.softErrors());
      assertEquals("crasher", report.crashedThread().orElseThrow().name());
      assertNull(report.capture().missing());
    }
  }

  private static Report diesShortOfMemory(VictimRun run, LimitedMemory limit, String how) {
    run.awaitReady();
    limit.leave(4);
    Report report = run.go().finish().report();

    assertEquals(how.equals("abort") ? 134 : 5, run.status());
    assertEquals(0, limit.oomKills());
    return report;
  }

  /** The JVM is not delayed at all, and the report says why. */
  @ParameterizedTest
  @ValueSource(strings = {"abort", "exit-native"})
  void shortOfMemoryWithoutParentCgroup(String how) {
    try (LimitedMemory limit = new LimitedMemory(2000)) {
      // when the heap is freed, there is room for the reporter
      VictimRun run =
          new VictimRun(Jdk.own(), how, "5")
              .vm("-Xms500m", "-Xmx500m", "-XX:+AlwaysPreTouch", "-Dvictim.mappings=20000")
              .waiting()
              .below(limit.commandWithoutWayOut())
              .start();
      Report report = diesShortOfMemory(run, limit, how);

      assertEquals("kernel", report.capture().level());
      assertTrue(
          report.capture().missing().stream().anyMatch(each -> each.contains("KiB of memory")),
          report.capture()::toString);
    }
  }

  /** The cgroup has counted an OOM kill of another process, which is not this one's cause. */
  @Test
  void killedAfterAnOomKillOfAnother() {
    try (LimitedMemory limit = new LimitedMemory(150)) {
      VictimRun run =
          asleep(
              new VictimRun(Jdk.own(), "sleep")
                  .vm("-Xmx16m")
                  .below(limit.command())
                  .asOrdinaryUser());
      VictimRun other =
          new VictimRun(Jdk.own(), "out-of-memory")
              .vm("-Xmx4g", "-XX:+UseSerialGC")
              .below(limit.command())
              .below("sh", "-c", "echo 1000 > /proc/self/oom_score_adj; exec \"$@\"", "sh")
              .unwatched()
              .run();
      assertEquals(137, other.status());
      kill("KILL", pid(run));
      Report report = run.finish().report();

      assertEquals(Category.OOM_KILLED, report.diagnosis().category());
      assertEquals(Report.Confidence.POSSIBLE, report.diagnosis().confidence());
    }
  }

  @Test
  void onExit() {
    VictimRun plain = new VictimRun(Jdk.own(), "exit", "0").run();
    plain.assertNoReport();
    assertEquals(List.of(), plain.lines());
    await(() -> plain.helpers().isEmpty()); // BPF is unloaded after the pipe is closed
    assertEquals(List.of(), Tests.list(plain.tmp()));
    new VictimRun(Jdk.own(), "exit", "3")
        .agent("snapshot=off,on-exit=never")
        .run()
        .assertNoReport();
    Report clean =
        new VictimRun(Jdk.own(), "exit", "0").agent("snapshot=off,on-exit=always").run().report();

    assertEquals(Category.CLEAN, clean.diagnosis().category());
    assertEquals("crasher", clean.crashedThread().orElseThrow().name());
  }
}
