// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import io.jmortem.report.Report.Category;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Missing privileges: the report says what is missing, and why. */
class LevelIT {

  /** The capabilities that Docker leaves to root. */
  private static final String CONTAINER =
      "-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,"
          + "+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap";

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  private static Report killed(VictimRun run) {
    Tests.run("kill", "-KILL", "" + run.start().awaitAsleep());
    return run.finish().report();
  }

  private static void assertLevel(String level, Report report, VictimRun run) {
    assertEquals(level, run.stdout("level "), run::stderr);
    assertEquals(level, report.capture().level(), run::stderr);
    assertEquals(Category.KILLED, report.diagnosis().category());
  }

  private static void assertMissing(Report report, String why) {
    assertTrue(
        report.capture().missing().stream().anyMatch(missing -> missing.contains(why)),
        report.capture()::toString);
  }

  @Test
  void withoutBpf() {
    VictimRun run =
        new VictimRun(Jdk.own(), "sleep")
            .below("setpriv", "--bounding-set=-bpf,-perfmon,-sys_admin");
    Report report = killed(run);

    assertLevel("memory", report, run);
    assertMissing(report, "BPF: Operation not permitted");
    assertEquals(Report.Confidence.LIKELY, report.diagnosis().confidence());
    assertTrue(
        report.threads().stream().anyMatch(thread -> thread.name().equals("crasher")),
        report.threads()::toString);
  }

  /** A process that made itself unreadable (PR_SET_DUMPABLE). */
  private static VictimRun undumpable(String... capabilities) {
    return new VictimRun(Jdk.own(), "sleep")
        .asOrdinaryUser()
        .below(capabilities)
        .vm("-agentpath:" + Tests.victimLibrary());
  }

  @Test
  void withoutPtrace() {
    VictimRun run = undumpable("--inh-caps=+bpf,+perfmon", "--ambient-caps=+bpf,+perfmon");
    Report report = killed(run);

    assertLevel("kernel", report, run);
    assertMissing(
        report, "no hold, so the process can't be stopped at its end: Operation not permitted");
    assertEquals("kill", report.sender().executable());
    assertTrue(
        run.lines()
            .get(0)
            .contains("no hold, so only crashes have stacks: Operation not permitted"),
        run::stderr);
  }

  @Test
  void withNeither() {
    VictimRun run = undumpable();
    Report report = killed(run);

    assertLevel("agent", report, run);
    assertMissing(report, "BPF: Operation not permitted");
    assertMissing(
        report, "no hold, so the process can't be stopped at its end: Operation not permitted");
  }

  @Test
  void withOneLineOfComplaint() {
    VictimRun run = new VictimRun(Jdk.own(), "exit", "0").asOrdinaryUser().run();

    assertEquals(1, run.lines().size(), run::stderr);
    assertTrue(run.lines().get(0).contains("capture level memory"), run::stderr);
  }

  /** The exit of PID 1 of a pid namespace kills the helper: the report is made before. */
  @ParameterizedTest
  @MethodSource("io.jmortem.it.Jdk#all")
  void containerOfItsOwn(Jdk jdk) {
    for (List<String> death : List.of(List.of("exit", "3"), List.of("abort"), List.of("null"))) {
      VictimRun run =
          new VictimRun(jdk, death.toArray(String[]::new))
              .below("unshare", "-pfmui", "--mount-proc", "setpriv", "--bounding-set=" + CONTAINER)
              .run();
      Report report = run.report();

      assertEquals(1, report.resource().get("process.vpid"));
      assertEquals("memory", report.capture().level());
      assertEquals("exit", report.capture().moment());
      assertEquals(
          death.contains("null")
              ? Category.VM_CRASH
              : death.contains("abort") ? Category.NATIVE_ABORT : Category.EXIT,
          report.diagnosis().category());
    }
  }

  /** Neither random numbers nor a place for what nobody reads: /dev is empty. */
  @Test
  void rootDirectoryWithoutDevices() {
    VictimRun run =
        new VictimRun(Jdk.own(), "null")
            .below("unshare", "-m", "sh", "-ec", "mount -t tmpfs none /dev; exec \"$@\"", "sh")
            .run();

    assertEquals(Category.VM_CRASH, run.report().diagnosis().category());
    assertEquals("full", run.report().capture().level());
    assertFalse(run.stderr().contains("could not be made"), run::stderr);
  }

  /** Below a container's init: the namespace ends right after the JVM. */
  @Test
  void childOfItsNamespacesFirstProcess() {
    VictimRun run =
        new VictimRun(Jdk.own(), "exit", "3")
            .below(
                "unshare",
                "-pf",
                "--kill-child",
                "--mount-proc",
                "sh",
                "-c",
                "\"$@\"; exit 4",
                "sh")
            .run();
    Report report = run.report();

    assertEquals(4, run.status());
    assertEquals(Category.EXIT, report.diagnosis().category());
    assertEquals("crasher", report.crashedThread().orElseThrow().name());
  }

  @ParameterizedTest
  @MethodSource("io.jmortem.it.Jdk#all")
  void firstProcessOfItsNamespace(Jdk jdk) {
    VictimRun run =
        new VictimRun(jdk, "sleep").below("unshare", "-pf", "--kill-child", "--mount-proc");
    run.start();
    assertEquals(1, run.awaitAsleep());
    long pid = run.pidOutside();
    Tests.run("kill", "-KILL", "" + pid);
    Report report = run.finish().report();

    assertEquals(Category.KILLED, report.diagnosis().category());
    assertEquals("full", report.capture().level());
    assertEquals("kill", report.sender().executable());
    assertEquals("exit", report.capture().moment());
    assertTrue(report.threads().stream().anyMatch(thread -> thread.name().equals("crasher")));
  }
}
