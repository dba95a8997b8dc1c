// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report.Category;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Loading the agent into running JVMs. */
class AttachIT {

  private static final List<String> NOBODY =
      List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  private static void assertArmed(Cli attach, String level) {
    assertEquals(0, attach.status(), attach::stderr);
    assertTrue(attach.stdout().get(0).contains("\"level\":\"" + level + "\""), attach::stderr);
  }

  private static void assertRefused(Cli attach, String why) {
    assertEquals(1, attach.status(), attach::stderr);
    assertTrue(attach.stderr().contains(why), attach::stderr);
    assertTrue(attach.stderr().contains("jmortem watch "), attach::stderr);
  }

  /** Waits for the end of stderr, which the reporter closes last: the output is then complete. */
  private static void killAndAwait(LiveJvm jvm, Path reports) {
    jvm.go().awaitLine("asleep");
    jvm.kill("KILL");
    jvm.awaitStatus();
    Tests.awaitReports(reports);
  }

  @ParameterizedTest
  @MethodSource("io.jmortem.it.Jdk#all")
  void armedAndReported(Jdk jdk) {
    try (LiveJvm jvm = LiveJvm.start(jdk, "sleep")) {
      assertArmed(Cli.run("attach", "--json", "" + jvm.pid()), "full");
      Path reports = jvm.directory().resolve("jmortem-reports");
      killAndAwait(jvm, reports);

      assertEquals(1, Tests.list(reports).size());
      assertEquals(
          Category.KILLED, Tests.report(Tests.list(reports).get(0)).diagnosis().category());
    }
  }

  /** The agent is armed once, with the last options. */
  @Test
  void attachedTwice() {
    try (LiveJvm jvm = LiveJvm.start(Jdk.own(), "sleep")) {
      Path reports = Tests.newDirectory();
      assertArmed(Cli.run("attach", "--json", "--tags", "a:1", "" + jvm.pid()), "full");
      assertArmed(Cli.run("attach", "--json", "--dir", "" + reports, "" + jvm.pid()), "full");
      killAndAwait(jvm, reports);

      assertEquals(1, Tests.list(reports).size());
      assertEquals("1", Tests.report(Tests.list(reports).get(0)).tags().get("a"));
      assertEquals(List.of(), Tests.list(jvm.directory().resolve("jmortem-reports")));
      Tests.await("last line", () -> jvm.stderr().contains(" -> " + reports));
      assertEquals(1, jvm.stderr().lines().filter(line -> line.contains(" -> ")).count());
    }
  }

  /** A JVM with another /tmp gets a copy of the jar, which is removed afterwards. */
  @Test
  void intoNamespacesAndOtherUsers() {
    Path tmp = Tests.newDirectory();
    Tests.run("chmod", "1777", tmp.toString());
    List<String> prefix = new ArrayList<>(List.of("unshare", "-m"));
    prefix.addAll(Tests.withTmp("mount --bind " + tmp + " /tmp", "exec \"$@\""));
    try (LiveJvm jvm = LiveJvm.startBelow(prefix, Jdk.own(), "sleep")) {
      assertArmed(Cli.run("attach", "--json", "" + jvm.pid()), "full");
      assertEquals(
          List.of(),
          Tests.list(tmp).stream().filter(each -> each.toString().endsWith(".jar")).toList());
      Path reports = jvm.directory().resolve("jmortem-reports");
      killAndAwait(jvm, reports);

      assertEquals(1, Tests.list(reports).size());
    }
    try (LiveJvm jvm = LiveJvm.startBelow(NOBODY, Jdk.own(), "exit0")) {
      assertArmed(Cli.run("attach", "--json", "" + jvm.pid()), "memory");
    }
  }

  @Test
  void intoAPidNamespace() {
    List<String> prefix =
        List.of(
            "unshare", "-pf", "--kill-child", "--mount-proc", "sh", "-c", "\"$@\"; exit 3", "sh");
    try (LiveJvm jvm = LiveJvm.startBelow(prefix, Jdk.own(), "exit5")) {
      assertArmed(Cli.run("attach", "--json", "" + jvm.pid()), "full");
      jvm.go().awaitStatus();

      List<Path> reports = Tests.list(jvm.directory().resolve("jmortem-reports"));
      assertEquals(Category.EXIT, Tests.report(reports.get(0)).diagnosis().category());
    }
  }

  @Test
  void stopped() {
    try (LiveJvm jvm = LiveJvm.start(Jdk.own(), "exit0")) {
      jvm.kill("STOP");
      assertRefused(Cli.run("attach", "" + jvm.pid()), "is stopped");
      jvm.kill("CONT");
      assertEquals(0, jvm.go().awaitStatus());
      assertEquals("", jvm.stderr());
    }
  }

  @Test
  void attachDisabled() {
    for (String option : List.of("-XX:+DisableAttachMechanism", "-XX:-EnableDynamicAgentLoading")) {
      try (LiveJvm jvm = LiveJvm.start(Jdk.own(), "exit0", option)) {
        assertRefused(Cli.run("attach", "" + jvm.pid()), "was started with " + option);
        assertEquals(0, jvm.go().awaitStatus());
      }
    }
  }

  @Test
  void tooOld() {
    try (LiveJvm jvm = LiveJvm.start(Jdk.unpacked(11), "exit0")) {
      assertRefused(Cli.run("attach", "" + jvm.pid()), "runs Java 11, but the agent needs 17");
      assertEquals(0, jvm.go().awaitStatus());
    }
  }

  /** An old JVM starts with the agent, and prints what to do instead. */
  @Test
  void jdkOlderThanTheFlag() {
    Jdk old = Jdk.unpacked(8);
    old.java();
    Path jar = Path.of("target/old-victims/jmortem.jar").toAbsolutePath();
    try (LiveJvm first = LiveJvm.start(old, "exit0")) { // compiles it
      first.go().awaitStatus();
    }
    Tests.run("cp", Tests.jar().toString(), jar.toString());
    try (LiveJvm jvm = LiveJvm.start(old, "exit0", "-javaagent:" + jar)) {
      assertEquals(0, jvm.go().awaitStatus());
      assertEquals(1, jvm.stderr().lines().count(), jvm::stderr);
      assertTrue(jvm.stderr().contains("from outside: jmortem watch PID"), jvm::stderr);
    }
  }

  @Test
  void watchedAlready() {
    try (LiveJvm jvm = LiveJvm.start(Jdk.own(), "exit0")) {
      Cli watch = Cli.start("watch", "--json", "" + jvm.pid());
      watch.awaitLine("armed");
      Cli attach = Cli.run("attach", "" + jvm.pid());
      jvm.go();
      watch.awaitEnd();

      assertEquals(1, attach.status());
      assertTrue(attach.stderr().contains("watched already, by process"), attach::stderr);
    }
  }
}
