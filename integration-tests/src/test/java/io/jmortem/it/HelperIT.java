// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import io.jmortem.report.Report.Category;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The helper dies, stops or is missing, at each stage: the application must not notice. */
class HelperIT {

  private static final int ABORTED = 134;

  /** A thread that can't be stopped; the helper waits long enough for the test to see it. */
  private static final String SLEEPER = "-Dvictim.sleeper=true";

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  @Test
  void workerKilledBeforeTheCrash() {
    VictimRun run = waitingForItsCrash();
    kill("KILL", run.helpers().get(1));
    Tests.await("word of its end", () -> run.stderr().contains("no longer watched"));
    run.go().finish();

    assertEquals(ABORTED, run.status());
    assertEquals(1, run.hsErrLogs().size());
    run.assertNoReport();
    assertEquals(1, run.lines().size(), run::stderr);
    assertTrue(run.lines().get(0).contains("ended by signal 9"), run::stderr);
    assertEquals(List.of(), Tests.list(run.tmp()));
  }

  @Test
  void watchdogKilledBeforeTheCrash() {
    VictimRun run = waitingForItsCrash();
    kill("KILL", run.helpers().get(0));
    Report report = run.go().finish().report();

    assertEquals(ABORTED, run.status());
    assertEquals(Category.VM_CRASH, report.diagnosis().category());
  }

  @Test
  void bothKilledBeforeTheCrash() {
    VictimRun run = waitingForItsCrash();
    run.helpers().forEach(pid -> kill("KILL", pid));
    run.go().finish();

    assertEquals(ABORTED, run.status());
    run.assertNoReport();
  }

  /** A stopped helper could not end a freeze, so BPF does not begin one. */
  @Test
  void bothStoppedBeforeTheCrash() throws Exception {
    VictimRun run = new VictimRun(Jdk.own(), "null").waiting().start();
    long pid = run.awaitReady();
    List<Long> helpers = run.helpers();
    helpers.forEach(helper -> kill("STOP", helper));
    run.go();
    ProcessHandle.of(pid).orElseThrow().onExit().get(60, TimeUnit.SECONDS);
    helpers.forEach(helper -> kill("CONT", helper));
    Report report = run.finish().report();

    assertEquals(ABORTED, run.status());
    assertEquals(Category.VM_CRASH, report.diagnosis().category());
    assertNull(report.capture().frozenBy());
  }

  @Test
  void workerKilledWhileItHoldsTheProcess() {
    VictimRun run = new VictimRun(Jdk.own(), "null").vm(SLEEPER).waiting().start();
    long pid = run.awaitReady();
    long worker = run.helpers().get(1);
    run.go();
    awaitFrozen(pid);
    kill("KILL", worker);
    run.finish();

    assertEquals(ABORTED, run.status());
    assertEquals(1, run.hsErrLogs().size());
    assertTellsOfTheLoss(run);
  }

  /** The report has what the worker recorded, and does not deny anything else. */
  @Test
  void workerKilledTogetherWithTheJvm() {
    VictimRun run = waitingForItsCrash();
    Tests.run("kill", "-KILL", "" + run.pidOutside(), "" + run.helpers().get(1));
    run.finish();
    Report report = run.report();

    assertEquals(137, run.status());
    assertEquals(Category.KILLED, report.diagnosis().category());
    boolean isSeen = report.sender() != null;
    assertTrue(
        isSeen || report.diagnosis().confidence() == Report.Confidence.POSSIBLE, run::stderr);
    assertEquals(List.of(), Tests.list(run.tmp()));
  }

  private static void assertTellsOfTheLoss(VictimRun run) {
    Report report = run.report();
    assertEquals(Category.VM_CRASH, report.diagnosis().category());
    assertTrue(
        report.capture().missing().get(0).startsWith("the last events: the helper"),
        report.capture()::toString);
  }

  @Test
  void workerStoppedWhileItHoldsTheProcess() {
    VictimRun run =
        new VictimRun(Jdk.own(), "null")
            .vm(SLEEPER)
            .agent("snapshot=off,deadline=1s")
            .waiting()
            .start();
    long pid = run.awaitReady();
    long worker = run.helpers().get(1);
    run.go();
    awaitFrozen(pid);
    kill("STOP", worker);
    run.finish();

    assertEquals(ABORTED, run.status());
    assertEquals(1, run.hsErrLogs().size());
    assertTellsOfTheLoss(run);
  }

  /** A thread that can't be stopped is left out, and is not left stopped later. */
  @Test
  void threadThatCannotBeStopped() {
    VictimRun run = new VictimRun(Jdk.own(), "null").vm(SLEEPER).run();
    Report report = run.report();

    assertEquals(ABORTED, run.status());
    assertEquals("ptrace", report.capture().frozenBy());
    assertEquals("crasher", report.crashedThread().orElseThrow().name());
  }

  /** No process is left for the user: the helper writes one line, and the report is made later. */
  @Test
  void noProcessForTheReporter() {
    VictimRun run = new VictimRun(Jdk.own(), "null").asOrdinaryUser().waiting().start();
    run.awaitReady();
    List<String> words = new ArrayList<>(VictimRun.ORDINARY_USER);
    words.addAll(List.of("prlimit", "--nproc=1", "--pid", "" + run.helpers().get(1)));
    Tests.run(words.toArray(String[]::new));
    run.go().finish();

    String line = run.lines().get(run.lines().size() - 1);
    assertEquals(ABORTED, run.status());
    assertTrue(line.contains("was ended by SIGABRT; HotSpot: SIGSEGV"), line);
    assertTrue(line.contains("the reporter could not be started"), line);

    Cli list =
        Cli.startBelow(
                VictimRun.ORDINARY_USER, "list", "--dir", run.directory().resolve("reports") + "")
            .finish();
    assertTrue(
        list.stderr().contains("1 report could not be made when the process died"), list::stderr);
    assertEquals(
        Category.VM_CRASH, Tests.report(run.reportDirectories().get(0)).diagnosis().category());
  }

  @Test
  void missing() {
    VictimRun run =
        new VictimRun(Jdk.own(), "exit", "0").agent("snapshot=off,helper=/nowhere/helper").run();

    assertEquals(0, run.status());
    assertEquals("none", run.stdout("level "));
    assertEquals(1, run.lines().size(), run::stderr);
    assertTrue(run.lines().get(0).contains("/nowhere/helper: No such file"), run::stderr);
    assertEquals(List.of(), Tests.list(run.tmp()));
  }

  @Test
  void noHelperAtAll() {
    VictimRun run =
        new VictimRun(Jdk.own(), "exit", "0").agent("snapshot=off,helper=/bin/true").run();

    assertEquals(0, run.status());
    assertEquals("none", run.stdout("level "));
    assertEquals(1, run.lines().size(), run::stderr);
    assertEquals(List.of(), Tests.list(run.tmp()));
  }

  private static VictimRun waitingForItsCrash() {
    VictimRun run = new VictimRun(Jdk.own(), "null").waiting().start();
    run.awaitReady();
    assertEquals(2, run.helpers().size());
    return run;
  }

  private static void kill(String signal, long pid) {
    Tests.run("kill", "-" + signal, "" + pid);
  }

  /** Polls until the process is in a ptrace stop; fails if it ends before. */
  private static void awaitFrozen(long pid) {
    Path stat = Path.of("/proc/" + pid + "/stat");
    try {
      while (true) {
        String text = Tests.read(stat);
        if (text.substring(text.lastIndexOf(')') + 2).startsWith("t")) {
          return;
        }
      }
    } catch (UncheckedIOException e) {
      throw new AssertionError("it was never frozen, or too briefly to be seen", e);
    }
  }
}
