// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import io.jmortem.report.Report.Category;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** JVMs of all versions, watched from outside without an agent. */
class WatchIT {

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  @ParameterizedTest
  @MethodSource("io.jmortem.it.Jdk#everyAge")
  void killed(Jdk jdk) {
    try (LiveJvm jvm = LiveJvm.start(jdk, "sleep")) {
      Cli watch = Cli.start("watch", "--json", "" + jvm.pid());
      watch.awaitLine("\"level\":\"full\"");
      jvm.go().awaitLine("asleep");
      jvm.kill("KILL");
      watch.awaitEnd();

      assertEquals(0, watch.status(), watch::stderr);
      assertTrue(watch.stdout().get(1).contains("\"signal\":9"), watch.stdout()::toString);
      Report report = watch.report();
      assertEquals(Category.KILLED, report.diagnosis().category());
      assertEquals("kill", report.sender().executable());
      assertEquals("full", report.capture().level());
      Tests.assertStack(report);
    }
  }

  @ParameterizedTest
  @MethodSource("io.jmortem.it.Jdk#everyAge")
  void crashed(Jdk jdk) {
    try (LiveJvm jvm = LiveJvm.start(jdk, "null")) {
      Cli watch = Cli.start("watch", "--json", "" + jvm.pid());
      watch.awaitLine("\"level\":\"full\"");
      jvm.go();
      watch.awaitEnd();

      assertEquals(134, jvm.awaitStatus());
      Report report = watch.report();
      assertEquals(Category.VM_CRASH, report.diagnosis().category());
      assertEquals(Report.Confidence.CERTAIN, report.diagnosis().confidence());
      assertEquals("SIGSEGV", report.sigInfo().signoHumanReadable());
      assertEquals("0x18", report.sigInfo().address());
      Tests.assertStack(report);
      assertTrue(report.hsErr() != null, watch::stderr);
    }
  }

  @Test
  void exitedNormally() {
    try (LiveJvm jvm = LiveJvm.start(Jdk.own(), "exit0")) {
      Cli watch = Cli.start("watch", "--json", "" + jvm.pid());
      watch.awaitLine("armed");
      jvm.go();
      watch.awaitEnd();

      assertTrue(watch.stdout().get(1).contains("\"code\":0"), watch.stdout()::toString);
      assertEquals(List.of(), Tests.list(watch.directory().resolve("jmortem-reports")));
      assertEquals("", jvm.stderr());
    }
  }

  /** After Ctrl-C, or the end of the terminal, the JVM is as before. */
  @Test
  void released() throws Exception {
    try (LiveJvm jvm = LiveJvm.start(Jdk.own(), "sleep")) {
      Cli watch = Cli.start("watch", "--json", "" + jvm.pid());
      watch.awaitLine("armed");
      assertTrue(tracer(jvm) != 0);
      Tests.run("kill", "-TERM", "" + watch.pid());
      watch.awaitEnd();
      Tests.await("release", () -> tracer(jvm) == 0); // the helper notices the end of a pipe
      jvm.go().awaitLine("asleep");

      assertEquals("", jvm.stderr());
    }
  }

  private static long tracer(LiveJvm jvm) {
    return Tests.list(Path.of("/proc/" + jvm.pid() + "/task")).stream()
        .flatMap(task -> Tests.read(task.resolve("status")).lines())
        .filter(line -> line.startsWith("TracerPid:"))
        .mapToLong(line -> Long.parseLong(line.substring("TracerPid:".length()).strip()))
        .max()
        .orElse(0);
  }

  /** A process that waits for the end of its output does not wait until the JVM ends. */
  @Test
  void detached() {
    try (LiveJvm jvm = LiveJvm.start(Jdk.own(), "exit5")) {
      String said =
          Tests.run(
              "sh",
              "-c",
              "cd \"$0\"; \"$@\" 2>&1 | cat",
              jvm.directory().toString(),
              Jdk.own().java().toString(),
              "-jar",
              Tests.jar().toString(),
              "watch",
              "--detach",
              "" + jvm.pid());

      assertTrue(said.contains("level full"), said);
      assertTrue(jvm.isAlive());
      jvm.kill("KILL");
      Path report = Tests.awaitReports(jvm.directory().resolve("jmortem-reports")).get(0);
      assertEquals(Category.KILLED, Tests.report(report).diagnosis().category());
    }
  }

  /** From outside a container, with another pid and mount namespace and another /tmp. */
  @Test
  void inNamespaces() {
    List<String> container =
        new ArrayList<>(List.of("unshare", "-pfm", "--kill-child", "--mount-proc"));
    container.addAll(Tests.withTmp("mount -t tmpfs none /tmp", "\"$@\"; exit 3"));
    try (LiveJvm jvm = LiveJvm.startBelow(container, Jdk.own(), "null")) {
      Cli watch = Cli.start("watch", "--json", "" + jvm.pid());
      watch.awaitLine("\"level\":\"full\"");
      jvm.go();
      watch.awaitEnd();

      Report report = watch.report();
      assertEquals(Category.VM_CRASH, report.diagnosis().category());
      Tests.assertStack(report);
      assertTrue(report.hsErr() != null, watch::stderr);
    }
  }

  /** The root user of a user namespace can watch his own JVMs. */
  @Test
  void inUserNamespace() {
    List<String> asRoot = List.of("unshare", "-Ur");
    try (LiveJvm jvm = LiveJvm.startBelow(asRoot, Jdk.own(), "sleep")) {
      Cli watch = Cli.start("watch", "--json", "" + jvm.pid());
      watch.awaitLine("\"level\":\"full\"");
      jvm.go().awaitLine("asleep");
      jvm.kill("KILL");
      watch.awaitEnd();

      Tests.assertStack(watch.report());
    }
  }

  @Test
  void ordinaryUser() {
    List<String> nobody = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
    try (LiveJvm own = LiveJvm.startBelow(nobody, Jdk.own(), "sleep");
        LiveJvm roots = LiveJvm.start(Jdk.own(), "sleep")) {
      String dir = Tests.newDirectory().toString();
      Tests.run("chown", "65534", dir);
      Cli refused = Cli.startBelow(nobody, "watch", "" + roots.pid()).finish();
      Cli watch = Cli.startBelow(nobody, "watch", "--json", "--dir", dir, "" + own.pid());
      watch.awaitLine("\"level\":\"memory\"");
      own.go().awaitLine("asleep");
      own.kill("KILL");
      watch.awaitEnd();

      assertEquals(1, refused.status());
      assertTrue(refused.stderr().contains("belongs to user 0"), refused::stderr);
      Tests.assertStack(Tests.report(Tests.list(Path.of(dir)).get(0)));
    }
  }

  /** The JVM lives on, and there is no other message. */
  @Test
  void helperKilled() {
    try (LiveJvm jvm = LiveJvm.start(Jdk.own(), "exit0")) {
      Cli watch = Cli.start("watch", "--json", "" + jvm.pid());
      watch.awaitLine("armed");
      Tests.run("kill", "-KILL", "" + tracer(jvm));
      watch.awaitEnd();

      assertEquals(1, watch.status());
      assertTrue(watch.stderr().contains("is no longer watched"), watch::stderr);
      assertEquals(0, jvm.go().awaitStatus());
    }
  }

  @Test
  void watchedAlready() {
    try (LiveJvm jvm = LiveJvm.start(Jdk.own(), "exit0")) {
      Cli first = Cli.start("watch", "--json", "" + jvm.pid());
      first.awaitLine("armed");
      Cli second = Cli.run("watch", "" + jvm.pid());
      jvm.go();
      first.awaitEnd();

      assertEquals(1, second.status());
      assertTrue(second.stderr().contains("it is watched already, by process"), second::stderr);
    }
  }

  /** Each error is a plain sentence, and the process is not touched. */
  @Test
  void refusals() throws Exception {
    Process sleep = new ProcessBuilder("sleep", "1000").start();
    try (LiveJvm jvm = LiveJvm.start(Jdk.own(), "exit0")) {
      String thread =
          Tests.list(Path.of("/proc/" + jvm.pid() + "/task")).stream()
              .map(task -> task.getFileName().toString())
              .filter(tid -> !tid.equals("" + jvm.pid()))
              .findFirst()
              .orElseThrow();
      assertRefused("there is no process 4194303", "4194303");
      assertRefused("is not a HotSpot JVM: it has no libjvm.so", "" + sleep.pid());
      assertRefused("is a thread of process " + jvm.pid(), thread);
      assertRefused("is not a pid", "0");
      assertTrue(sleep.isAlive() && jvm.isAlive());
    } finally {
      sleep.destroyForcibly();
    }
  }

  private static void assertRefused(String why, String pid) {
    for (String verb : List.of("watch", "attach")) {
      Cli cli = Cli.run(verb, pid);
      assertEquals(1, cli.status(), cli::stderr);
      assertTrue(cli.stderr().contains(why), cli::stderr);
      assertFalse(cli.stderr().contains("\tat "), cli::stderr);
    }
  }

  @Test
  void usage() {
    for (List<String> wrong :
        List.of(
            List.of("watch"), List.of("watch", "x"), List.of("watch", "--hold", "perhaps", "1"))) {
      Cli cli = Cli.run(wrong.toArray(String[]::new));
      assertEquals(2, cli.status(), cli::stderr);
      assertTrue(cli.stderr().contains("Try: jmortem watch --help"), cli::stderr);
    }
  }
}
