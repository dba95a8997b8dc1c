// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Attacks on a helper with file capabilities. */
class InstalledHelperIT {

  private static final List<String> NOBODY = InstalledHelper.NOBODY;

  private InstalledHelper helper;
  private Path installed;
  private Path shared;

  @BeforeEach
  void install() throws IOException {
    helper = new InstalledHelper();
    installed = helper.path();
    shared = helper.shared();
  }

  @AfterEach
  void remove() throws IOException {
    if (helper != null) {
      helper.close();
    }
  }

  @Test
  void ordinaryUserGetsKernelEvidence() throws IOException {
    VictimRun run =
        new VictimRun(Jdk.own(), "sleep")
            .asOrdinaryUser()
            .agent("snapshot=off,helper=" + installed);
    long pid = run.start().awaitAsleep();
    List<String> capabilities = helpersCapabilities();
    Tests.run("kill", "-KILL", "" + pid);
    Report report = run.finish().report();

    assertEquals("full", report.capture().level(), run::stderr);
    assertEquals("kill", report.sender().executable());
    assertEquals(2, capabilities.size(), capabilities::toString);
    for (String each : capabilities) { // none in effect; only BPF and PTRACE can be raised again
      assertTrue(
          each.matches("CapPrm:\\s(0{16}|0{7}80{2}80{5}|0000008000080000) CapEff:\\s0{16} "), each);
    }
  }

  @Test
  void crashIsCertain() {
    VictimRun run =
        new VictimRun(Jdk.own(), "null").asOrdinaryUser().agent("snapshot=off,helper=" + installed);
    Report report = run.run().report();

    assertEquals(Report.Confidence.CERTAIN, report.diagnosis().confidence());
    assertEquals("full", report.capture().level());
  }

  private List<String> helpersCapabilities() throws IOException {
    List<String> found = new ArrayList<>();
    for (Path process : Tests.list(Path.of("/proc"))) {
      Path exe = process.resolve("exe");
      if (process.getFileName().toString().matches("\\d+")
          && Tests.run("readlink", exe.toString()).strip().equals(installed.toString())) {
        StringBuilder line = new StringBuilder();
        Tests.read(process.resolve("status"))
            .lines()
            .filter(each -> each.startsWith("CapPrm") || each.startsWith("CapEff"))
            .forEach(each -> line.append(each).append(' '));
        found.add(line.toString());
      }
    }
    return found;
  }

  private String ask(List<String> below, String... pairs) throws IOException {
    return helper.ask(below, pairs);
  }

  private String[] target(long pid, String... more) {
    return helper.target(pid, more);
  }

  @Test
  void anotherUsersJvm() throws IOException {
    try (LiveJvm roots = LiveJvm.start(Jdk.own(), "exit0")) {
      assertTrue(ask(NOBODY, target(roots.pid())).startsWith("failed process Permission denied"));
      assertTrue(
          ask(NOBODY, target(roots.pid(), "tid=" + roots.pid()))
              .startsWith("failed process Permission denied"));
      assertEquals(0, roots.go().awaitStatus());
    }
  }

  @Test
  void theFirstProcess() throws IOException {
    assertTrue(ask(NOBODY, target(1)).startsWith("failed process Permission denied"));
    assertTrue(ask(NOBODY, target(1, "relation=parent")).startsWith("failed "));
  }

  /** The starter may ignore SIGCHLD; the helper would then hold its JVM forever. */
  @Test
  void signalsIgnoredBefore() throws IOException {
    List<String> below = new ArrayList<>(NOBODY);
    below.addAll(List.of("env", "--ignore-signal=CHLD"));
    try (LiveJvm own = LiveJvm.startBelow(NOBODY, Jdk.own(), "sleep")) {
      assertTrue(ask(below, target(own.pid())).startsWith("armed full"));
      own.go().awaitLine("asleep");
      own.kill("KILL");
      own.awaitStatus();
    }
    assertEquals(
        Report.Category.KILLED,
        Tests.report(Tests.awaitReports(shared.resolve("reports")).get(0)).diagnosis().category());
  }

  /** Variables by which the loader and shells run foreign code have no effect. */
  @Test
  void environment() throws Exception {
    Path ran = shared.resolve("ran");
    Path script = shared.resolve("script");
    Files.writeString(script, "touch " + ran + "\n");
    List<String> below = new ArrayList<>(NOBODY);
    below.addAll(
        List.of(
            "env",
            "LD_PRELOAD=" + script,
            "LD_AUDIT=" + script,
            "BASH_ENV=" + script,
            "ENV=" + script,
            "JAVA_TOOL_OPTIONS=-XX:OnError=" + script,
            "JDK_JAVA_OPTIONS=@" + script,
            "GCONV_PATH=" + shared));
    Path java = shared.resolve("java");
    Files.writeString(java, "#!/bin/bash\nenv >" + shared.resolve("environment") + "\nexit 1\n");
    Tests.run("chmod", "755", java.toString());
    try (LiveJvm own = LiveJvm.startBelow(NOBODY, Jdk.own(), "sleep")) {
      String answer = ask(below, target(own.pid(), "java=" + java));
      assertTrue(answer.contains("armed full"), answer);
      own.go().awaitLine("asleep");
      own.kill("KILL");
      own.awaitStatus();
    }
    Tests.awaitReports(shared.resolve("reports"));
    assertFalse(Files.exists(ran));
    assertFalse(
        Tests.read(shared.resolve("environment")).contains(script.toString()),
        () -> Tests.read(shared.resolve("environment")));
  }

  /** Its user can't read its memory, trace it, or list its open files. */
  @Test
  void tracedByItsUser() throws IOException {
    try (LiveJvm own = LiveJvm.startBelow(NOBODY, Jdk.own(), "exit0")) {
      assertTrue(ask(NOBODY, target(own.pid())).startsWith("armed full"));
      long helper =
          ProcessHandle.allProcesses()
              .filter(each -> each.info().command().orElse("").equals(installed.toString()))
              .findFirst()
              .orElseThrow()
              .pid();
      for (String file : List.of("mem", "maps", "environ", "auxv", "fd/0", "root/etc", "stack")) {
        List<String> look = new ArrayList<>(NOBODY);
        look.addAll(List.of("sh", "-c", "head -c 1 /proc/" + helper + "/" + file));
        String said = Tests.run(look.toArray(String[]::new));
        assertTrue(said.contains("Permission denied"), () -> file + ": " + said);
      }
      assertEquals(0, own.go().awaitStatus());
    }
  }

  /** The report's directory is opened with the user's own rights. */
  @Test
  void directoryBehindAnotherRoot() throws IOException {
    Path roots = Path.of("/proc/1/root" + Tests.newDirectory());
    try (LiveJvm own = LiveJvm.startBelow(NOBODY, Jdk.own(), "sleep")) {
      List<String> target =
          new ArrayList<>(List.of(target(own.pid(), "fallback-dir=" + shared.resolve("fallback"))));
      target.replaceAll(each -> each.startsWith("dir=") ? "dir=" + roots.resolve("x") : each);
      assertTrue(ask(NOBODY, target.toArray(String[]::new)).startsWith("armed full"));
      own.go().awaitLine("asleep");
      own.kill("KILL");
      own.awaitStatus();
    }
    Tests.awaitReports(shared.resolve("fallback"));
    assertEquals(List.of(), Tests.list(roots));
  }

  /** su and similar programs wait as root for their children: the parent is another user. */
  @Test
  void aParentOfAnotherUser() throws IOException {
    Path configuration = shared.resolve("parent");
    String said =
        Tests.run(
            "sh",
            "-c",
            "printf 'protocol=2\\0relation=parent\\0pid=%d\\0dir=/tmp/r\\0fallback-dir=/tmp/f\\0java=/x\\0"
                + "jar=/y\\0\\0' $$ >"
                + configuration
                + "; setpriv --reuid=65534 --regid=65534 --clear-groups "
                + installed
                + " <"
                + configuration
                + "; true");

    assertTrue(said.startsWith("failed process Permission denied"), said);
  }

  /** After execve of a setuid program, the process is not read any more. */
  @Test
  void anotherProgramLater() throws Exception {
    helper.setCapabilities("cap_sys_ptrace+p"); // without BPF, the exec is not reported
    Path reports = shared.resolve("reports");
    Process shell =
        new ProcessBuilder(
                java.util.stream.Stream.concat(
                        NOBODY.stream(), java.util.stream.Stream.of("sh", "-c", "read l; exec su"))
                    .toList())
            .start();
    String answer = ask(NOBODY, target(shell.pid(), "on-exit=always"));
    shell.getOutputStream().write('\n');
    shell.getOutputStream().close();
    shell.waitFor();

    assertTrue(answer.startsWith("armed memory"), answer);
    Tests.await("end of the helper", () -> helper.processes() == 0);
    assertEquals(List.of(), Tests.list(reports));
  }

  /** A foreign thread can't be the anchor of an own process. */
  @Test
  void anotherProcessesThread() throws IOException {
    try (LiveJvm own = LiveJvm.startBelow(NOBODY, Jdk.own(), "exit0")) {
      assertTrue(
          ask(NOBODY, target(own.pid(), "tid=1")).startsWith("failed process No such process"));
      assertTrue(ask(NOBODY, target(4194303)).startsWith("failed process No such process"));
      assertEquals(0, own.go().awaitStatus());
    }
  }

  /** Programs that it starts get neither its capabilities nor its descriptors. */
  @Test
  void hostileJava() throws Exception {
    Path java = shared.resolve("java");
    Path seen = shared.resolve("seen");
    Files.writeString(
        java,
        "#!/bin/sh\n{ cat /proc/self/status; ls -l /proc/self/fd; } >>" + seen + " 2>&1; exit 1\n");
    Tests.run("chmod", "755", java.toString());
    try (LiveJvm own = LiveJvm.startBelow(NOBODY, Jdk.own(), "sleep")) {
      String answer = ask(NOBODY, target(own.pid(), "java=" + java, "jar=/proc/1/root/etc/shadow"));
      assertTrue(answer.startsWith("armed full"), answer);
      own.go().awaitLine("asleep");
      own.kill("KILL");
      own.awaitStatus();
    }
    Tests.awaitReports(shared.resolve("reports"));
    String all = Tests.read(seen);
    assertTrue(all.contains("CapPrm:\t0000000000000000"), all);
    assertFalse(all.matches("(?s).*Cap(Prm|Eff|Amb):\t0*[1-9a-f].*"), all);
    assertFalse(all.contains("bpf"), all);
    assertTrue(all.contains("NoNewPrivs:\t1"), all);
    assertTrue(all.contains("Seccomp:\t2"), all);
  }

  /** A link to a directory of root is followed only with the user's own rights. */
  @Test
  void hostileDirectory() throws IOException {
    Path roots = Tests.newDirectory();
    Files.createSymbolicLink(shared.resolve("reports"), roots);
    try (LiveJvm own = LiveJvm.startBelow(NOBODY, Jdk.own(), "sleep")) {
      String fallback = "fallback-dir=" + shared.resolve("fallback");
      assertTrue(ask(NOBODY, target(own.pid(), fallback)).startsWith("armed full"));
      own.go().awaitLine("asleep");
      own.kill("KILL");
      own.awaitStatus();
    }
    Tests.awaitReports(shared.resolve("fallback"));
    assertEquals(List.of(), Tests.list(roots));
  }

  /** A helper that others could replace is not used. */
  @Test
  void replaceableHelper() throws IOException {
    Path anybodys = Tests.newDirectory().resolve("helper");
    Files.copy(installed, anybodys);
    Tests.run("chmod", "777", anybodys.getParent().toString());
    assertNotUsed(anybodys, "can be written by others");
    Tests.run("chmod", "755", anybodys.getParent().toString());
    Tests.run("chown", "65533", anybodys.toString());
    assertNotUsed(anybodys, "belongs to another user (65533)");
  }

  private static void assertNotUsed(Path helper, String why) {
    VictimRun run = new VictimRun(Jdk.own(), "exit", "0").agent("helper=" + helper).run();

    assertEquals(0, run.status());
    assertEquals(1, run.lines().size(), run::stderr);
    assertTrue(run.lines().get(0).contains(why), run::stderr);
  }

  @Test
  void setuid() throws IOException {
    Tests.run("chmod", "4755", installed.toString());

    assertTrue(ask(NOBODY, target(1)).contains("must not be installed setuid"));
  }
}
