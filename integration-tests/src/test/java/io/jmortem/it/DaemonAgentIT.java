// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import io.jmortem.report.Report.Category;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** JVMs with the agent, on a host with a daemon: one that is played, and the real one. */
class DaemonAgentIT {

  private static final String ARMED = "armed full 1";

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  private static VictimRun sleeper(PlayedDaemon daemon, String options) {
    VictimRun run = new VictimRun(Jdk.own(), "sleep");
    run.agent("daemon=" + daemon.socket() + "," + options).start().awaitAsleep();
    return run;
  }

  private static void kill(VictimRun run) {
    Tests.run("kill", "-KILL", "" + run.pidOutside());
    run.finish();
  }

  // ---- a daemon that is played

  @Test
  void theDaemonInsteadOfAHelper() {
    try (PlayedDaemon daemon = new PlayedDaemon(ARMED)) {
      VictimRun run = sleeper(daemon, "snapshot=100ms,tags=team:a,on-exit=always");
      String words = daemon.await(0, "\0\0");

      assertEquals("full", run.stdout("level "));
      assertEquals(List.of(), run.helpers());
      assertEquals(List.of(), Tests.list(run.tmp()));
      assertTrue(words.contains("tags=team:a\n"), words);
      assertTrue(words.contains("\0on-exit=always\0"), words);
      assertTrue(words.contains("\u001fsleep\u001f"), words); // the end of the command line
      assertFalse(words.contains("\0dir="), words);
      assertFalse(words.contains("deadline-ms="), words);
      daemon.await(0, "jmortem-snapshot\t1\t");
      daemon.await(0, "\tmain\n");
      daemon.await(0, "\nend\nsnapshot 0\n");
      kill(run);
      assertEquals(1, daemon.count());
      assertEquals(List.of(), run.lines());
      run.assertNoReport();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "failed system no memory, 1",
    "failed quota too many, 1", // for long
    "failed process left out, 0",
    "'', 0", // it is silent
    "armed what, 1",
  })
  void aHelperWhereTheDaemonDoesNotWatch(String answer, int lines) {
    try (PlayedDaemon daemon = new PlayedDaemon(answer)) {
      VictimRun run = sleeper(daemon, "snapshot=off");

      assertEquals(2, run.helpers().size());
      kill(run);
      Report report = run.report();
      assertEquals(Category.KILLED, report.diagnosis().category());
      assertEquals("full", report.capture().level());
      assertEquals(lines + 1, run.lines().size(), run::stderr);
      assertTrue(daemon.count() >= 1);
    }
  }

  /** The socket of a daemon that was killed. */
  @Test
  void nobodyListens() {
    PlayedDaemon daemon = new PlayedDaemon(ARMED);
    daemon.close();
    VictimRun run = sleeper(daemon, "snapshot=off");

    kill(run);
    run.report();
    assertEquals(1, run.lines().size(), run::stderr);
  }

  @Test
  void othersCouldListen() {
    try (PlayedDaemon daemon = new PlayedDaemon(ARMED)) {
      Tests.run("chmod", "777", daemon.socket().getParent().toString());
      VictimRun run = sleeper(daemon, "snapshot=off");

      kill(run);
      run.report();
      assertEquals(0, daemon.count());
      assertEquals(
          "jmortem: the daemon's socket is not used, because "
              + daemon.socket().getParent()
              + " can be written by others",
          run.lines().get(0));
    }
  }

  /** A daemon that was restarted must hear the words again. */
  @Test
  void connectsAgain() {
    try (PlayedDaemon daemon = new PlayedDaemon(ARMED)) {
      VictimRun run = sleeper(daemon, "snapshot=off,tags=team:a");
      daemon.await(0, "tags=team:a");
      daemon.hangUp();
      daemon.await(1, "tags=team:a");
      daemon.hangUp();
      daemon.await(2, "tags=team:a");

      assertEquals(List.of(), run.helpers());
      kill(run);
      assertEquals(3, daemon.count());
      assertEquals(List.of(), run.lines());
    }
  }

  @Test
  void aHelperWhereTheDaemonStaysAway() {
    PlayedDaemon daemon = new PlayedDaemon(ARMED);
    VictimRun run = sleeper(daemon, "snapshot=off,tags=team:a");
    daemon.await(0, "tags=team:a");
    daemon.close();
    long start = System.nanoTime();
    Tests.await("helper " + run.stderr(), () -> run.helpers().size() == 2);

    assertTrue(System.nanoTime() - start > 9_000_000_000L);
    Tests.await("hold", () -> isTraced(run.pidOutside()));
    kill(run);
    assertEquals("a", run.report().tags().get("team"));
  }

  private static boolean isTraced(long pid) {
    return Tests.list(Path.of("/proc/" + pid + "/task")).stream()
        .map(task -> Tests.readIfThere(task.resolve("status")))
        .flatMap(String::lines)
        .anyMatch(line -> line.startsWith("TracerPid:") && !line.endsWith("\t0"));
  }

  /** Options that are given again go to the daemon that watches already. */
  @Test
  void attachedAgain() {
    try (PlayedDaemon daemon = new PlayedDaemon(ARMED)) {
      VictimRun run = sleeper(daemon, "snapshot=60s,tags=team:a");
      daemon.await(0, "tags=team:a");
      Cli attach = Cli.run("attach", "--json", "--tags", "turn:2", "" + run.pidOutside());

      assertEquals(0, attach.status(), attach::stderr);
      assertTrue(attach.stdout().get(0).contains("\"level\":\"full\""), attach::stderr);
      daemon.await(1, "tags=team:a;turn:2\n");
      assertEquals(List.of(), run.helpers());
      kill(run);
    }
  }

  /** A JVM without the agent gets it, and finds the daemon. */
  @Test
  void attached() {
    try (PlayedDaemon daemon = new PlayedDaemon(ARMED);
        LiveJvm jvm = LiveJvm.start(Jdk.own(), "sleep")) {
      Cli attach = Cli.run("attach", "--daemon", "" + daemon.socket(), "" + jvm.pid());

      assertEquals(0, attach.status(), attach::stderr);
      daemon.await(0, "\0\0");
      assertEquals(1, daemon.count());
    }
  }

  // ---- the real one

  private static VictimRun below(Daemon daemon, String death, String options) {
    return new VictimRun(Jdk.own(), death)
        .below(daemon.prefix().toArray(String[]::new))
        .agent("daemon=" + daemon.socket() + "," + options);
  }

  @Test
  void oneReportWithTheTags() {
    try (Daemon daemon = Daemon.start()) {
      VictimRun run = below(daemon, "null", "snapshot=off,tags=team:a").run();
      Report report = daemon.report(0);

      assertEquals(128 + 6, run.status());
      assertEquals("full", run.stdout("level "));
      assertEquals(Category.VM_CRASH, report.diagnosis().category());
      assertEquals("full", report.capture().level());
      assertEquals("a", report.tags().get("team"));
      assertEquals(List.of(), run.lines());
      assertEquals(List.of(), Tests.list(run.tmp()));
      run.assertNoReport();
    }
  }

  /**
   * In a rootless container, the host's root looks like nobody, as a file's owner and as a peer.
   */
  @Test
  void rootlessContainer() {
    try (Daemon daemon = Daemon.start()) {
      VictimRun run =
          below(daemon, "null", "snapshot=off,tags=team:a")
              .asOrdinaryUser()
              .below("unshare", "--user", "--map-root-user")
              .run();

      assertEquals("a", daemon.report(65534).tags().get("team"));
      assertEquals("full", run.stdout("level "));
      assertEquals(List.of(), run.lines());
      run.assertNoReport();
    }
  }

  /** Only the JVM's environment says where HotSpot's log is. */
  @Test
  void optionsOfTheEnvironment() {
    try (Daemon daemon = Daemon.start()) {
      VictimRun run = below(daemon, "null", "snapshot=off");
      List<String> words = new ArrayList<>(List.of("env"));
      words.add("JAVA_TOOL_OPTIONS=-XX:ErrorFile=" + run.directory().resolve("log.txt"));
      run.below(words.toArray(String[]::new)).run();

      assertTrue(daemon.report(0).hsErr() != null);
    }
  }

  /** As an exit with a status that has no report, unless the agent says so. */
  @Test
  void onExitIsTheAgents() {
    try (Daemon daemon = Daemon.start("--on-exit", "never")) {
      below(daemon, "exit", "snapshot=off,on-exit=always").run();
      assertEquals(Category.CLEAN, daemon.report(0).diagnosis().category());
    }
  }

  /** Daemon and watches are killed, and the next daemon knows nothing: the agent tells it. */
  @Test
  void theNextDaemonHearsItAll() {
    try (Daemon daemon = Daemon.start()) {
      VictimRun run = below(daemon, "sleep", "snapshot=off,tags=team:a").start();
      run.awaitAsleep();
      List<ProcessHandle> watches =
          ProcessHandle.of(daemon.pid())
              .orElseThrow(() -> new AssertionError(daemon.stderr() + run.stderr()))
              .descendants()
              .toList();
      daemon.kill("KILL");
      watches.forEach(ProcessHandle::destroyForcibly);
      Tests.await("end", () -> connections(daemon) == 0);
      daemon.restart();
      Tests.await("session " + daemon.stderr(), () -> connections(daemon) == 1);
      daemon.awaitHold(run.pidOutside());
      assertEquals(List.of(), run.helpers());
      kill(run);

      Report report = daemon.report(0);
      assertEquals(Category.KILLED, report.diagnosis().category());
      assertEquals("a", report.tags().get("team"));
    }
  }

  /** Sockets with the daemon's path that are connected (state 03). */
  private static long connections(Daemon daemon) {
    return Tests.read(Path.of("/proc/net/unix"))
        .lines()
        .filter(line -> line.contains(" 03 ") && line.contains("daemon.sock"))
        .filter(line -> line.endsWith(daemon.socket().getFileName().toString()))
        .count();
  }

  /** A helper of its own where a rule leaves it out, and where it does not see the socket. */
  @ParameterizedTest
  @CsvSource({"true", "false"})
  void notTheDaemons(boolean seesTheSocket) {
    try (Daemon daemon = Daemon.start()) {
      VictimRun run =
          new VictimRun(Jdk.own(), "null")
              .agent("daemon=" + daemon.socket() + ",snapshot=off,tags=team:a");
      if (!seesTheSocket) {
        run.below(
            "unshare",
            "--mount",
            "sh",
            "-c",
            "mount -t tmpfs none \"$0\" && exec \"$@\"",
            daemon.socket().getParent().toString());
      }
      run.run();

      assertEquals("a", run.report().tags().get("team"));
      assertEquals(1, run.lines().size(), run::stderr);
      daemon.reportDirectories(0, 0);
    }
  }

  /** Whoever does not want the daemon to know, does not keep it from watching. */
  @Test
  void off() {
    try (Daemon daemon = Daemon.start()) {
      VictimRun run = below(daemon, "null", "snapshot=off,tags=team:a,daemon=off").run();
      Report report = daemon.report(0);

      assertEquals(Category.VM_CRASH, report.diagnosis().category());
      assertNull(report.tags());
      assertTrue(
          run.stderr().contains(", which makes the report; this agent does nothing"), run::stderr);
      run.assertNoReport();
    }
  }
}
