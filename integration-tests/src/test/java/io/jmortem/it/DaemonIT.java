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
import org.junit.jupiter.params.provider.ValueSource;

/** JVMs without an agent, watched by the daemon of the host. */
class DaemonIT {

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  private static LiveJvm start(Daemon daemon, Jdk jdk, String death, String... vmOptions) {
    return LiveJvm.startBelow(daemon.prefix(), jdk, death, vmOptions);
  }

  @ParameterizedTest
  @MethodSource("io.jmortem.it.Jdk#all")
  void crash(Jdk jdk) {
    try (Daemon daemon = Daemon.start();
        LiveJvm jvm = start(daemon, jdk, "null")) {
      assertEquals(128 + 6, jvm.go().awaitStatus());

      Report report = daemon.report(0);
      assertEquals(Category.VM_CRASH, report.diagnosis().category());
      assertEquals("full", report.capture().level());
      Tests.assertStack(report);
    }
  }

  @Test
  void killed() {
    try (Daemon daemon = Daemon.start();
        LiveJvm jvm = start(daemon, Jdk.own(), "sleep")) {
      jvm.go().awaitLine("asleep");
      jvm.kill("KILL");

      Report report = daemon.report(0);
      assertEquals(Category.KILLED, report.diagnosis().category());
      assertEquals("kill", report.sender().executable());
      assertEquals("full", report.capture().level());
      Tests.assertStack(report);
    }
  }

  /** A service that is stopped is a line of the history; a kill after it is a report. */
  @Test
  void stopped() {
    try (Daemon daemon = Daemon.start();
        LiveJvm jvm = start(daemon, Jdk.own(), "sleep")) {
      jvm.go().awaitLine("asleep");
      daemon.awaitHold(jvm.pid());
      jvm.kill("TERM");
      assertEquals(128 + 15, jvm.awaitStatus());

      Tests.await("history " + daemon.stderr(), () -> !daemon.history(0).isEmpty());
      assertTrue(daemon.history(0).contains("\"event\":\"ended\""), daemon.history(0));
      assertTrue(daemon.history(0).contains("OldVictim"), daemon.history(0));
      daemon.reportDirectories(0, 0);
    }
  }

  @Test
  void onlyWhatARuleTakes() {
    try (Daemon daemon = Daemon.start("--skip", "command=*-Dleave=me*");
        LiveJvm left = start(daemon, Jdk.own(), "sleep", "-Dleave=me");
        LiveJvm taken = start(daemon, Jdk.own(), "sleep")) {
      daemon.awaitHold(taken.pid());
      assertFalse(daemon.holds(left.pid()));
    }
  }

  /** JVMs that run already are found, too. */
  @Test
  void runsBeforeTheDaemon() {
    try (Daemon daemon = Daemon.start()) {
      daemon.kill("TERM");
      try (LiveJvm jvm = start(daemon, Jdk.own(), "sleep")) {
        jvm.go().awaitLine("asleep");
        daemon.restart();
        daemon.awaitHold(jvm.pid());
        jvm.kill("KILL");
        assertEquals(Category.KILLED, daemon.report(0).diagnosis().category());
      }
    }
  }

  /** The watches of a killed daemon go on, and the next one takes over from them. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void killedDaemon(boolean isRestarted) {
    try (Daemon daemon = Daemon.start();
        LiveJvm jvm = start(daemon, Jdk.own(), "null")) {
      daemon.awaitHold(jvm.pid());
      daemon.kill("KILL");
      if (isRestarted) {
        daemon.restart();
      }
      assertEquals(128 + 6, jvm.go().awaitStatus());
      Report report = daemon.report(0);
      assertEquals(Category.VM_CRASH, report.diagnosis().category());
      Tests.assertStack(report);
      if (!isRestarted) {
        daemon.restart();
      }
      assertEquals("", daemon.history(0));
    }
  }

  /** A death that nobody could see is said to have been missed. */
  @Test
  void missed() {
    try (Daemon daemon = Daemon.start();
        LiveJvm jvm = start(daemon, Jdk.own(), "sleep")) {
      jvm.go().awaitLine("asleep");
      daemon.awaitHold(jvm.pid());
      List<ProcessHandle> watches =
          ProcessHandle.of(daemon.pid()).orElseThrow().descendants().toList();
      daemon.kill("KILL");
      watches.forEach(ProcessHandle::destroyForcibly);
      jvm.kill("KILL");
      jvm.awaitStatus();
      daemon.restart();

      Tests.await(
          "a line of the history", () -> daemon.history(0).contains("\"event\":\"missed\""));
      daemon.reportDirectories(0, 0);
    }
  }

  /** A daemon that is stopped in order, as for an upgrade, leaves no gap without a word either. */
  @Test
  void missedBetweenStopAndStart() {
    try (Daemon daemon = Daemon.start();
        LiveJvm jvm = start(daemon, Jdk.own(), "sleep")) {
      jvm.go().awaitLine("asleep");
      daemon.awaitHold(jvm.pid());
      daemon.kill("TERM");
      jvm.kill("KILL");
      jvm.awaitStatus();
      daemon.restart();

      Tests.await(
          "a line of the history", () -> daemon.history(0).contains("\"event\":\"missed\""));
    }
  }

  /**
   * HotSpot writes its log for a while after the stacks were read: nobody else reports it again.
   */
  @Test
  void killedDaemonWhileTheJvmDies() {
    try (Daemon daemon = Daemon.start();
        LiveJvm jvm = start(daemon, Jdk.own(), "null", "-XX:OnError=sleep 3")) {
      daemon.awaitHold(jvm.pid());
      jvm.go();
      Tests.await("end of the hold", () -> !daemon.holds(jvm.pid()));
      daemon.kill("KILL");
      daemon.restart();
      assertEquals(128 + 6, jvm.awaitStatus());

      assertEquals(Category.VM_CRASH, daemon.report(0).diagnosis().category());
      daemon.reportDirectories(0, 1);
    }
  }

  /** From its first instructions, before any agent could look. */
  @ParameterizedTest
  @ValueSource(ints = {10, 50, 200})
  void young(int millis) throws Exception {
    try (Daemon daemon = Daemon.start()) {
      List<String> command = new ArrayList<>(daemon.prefix());
      command.addAll(
          List.of(Jdk.own().java().toString(), "-cp", LiveJvm.oldVictim().toString(), "OldVictim"));
      command.add("sleep");
      Process jvm = Dialogue.start(command, Tests.newDirectory());
      Path maps = Path.of("/proc/" + jvm.pid() + "/maps");
      Tests.await("libjvm", () -> Tests.readIfThere(maps).contains("libjvm.so"));
      Thread.sleep(millis); // how old it is, is what is tried
      Tests.run("kill", "-KILL", "" + jvm.pid());

      Report report = daemon.report(0);
      assertEquals(Category.KILLED, report.diagnosis().category());
      assertEquals("kill", report.sender().executable());
    }
  }

  /** Each report is its user's to read, and nobody else's. */
  @Test
  void ofAnotherUser() {
    try (Daemon daemon = Daemon.start()) {
      List<String> below = new ArrayList<>(VictimRun.ORDINARY_USER);
      below.addAll(0, daemon.prefix());
      try (LiveJvm jvm = LiveJvm.startBelow(below, Jdk.own(), "null")) {
        jvm.go().awaitStatus();
      }
      Report report = daemon.report(65534);
      assertEquals(Category.VM_CRASH, report.diagnosis().category());
      assertEquals("full", report.capture().level());
    }
  }
}
