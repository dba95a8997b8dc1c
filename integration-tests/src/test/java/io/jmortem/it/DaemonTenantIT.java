// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the daemon does for JVMs of ordinary users, and what such users see. */
class DaemonTenantIT {

  private static final int TENANT = 65_534;
  private static final int OTHER = 65_533;

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  private static LiveJvm start(Daemon daemon, String death) {
    List<String> prefix = new ArrayList<>(daemon.prefix());
    prefix.addAll(VictimRun.ORDINARY_USER);
    return LiveJvm.startBelow(prefix, Jdk.own(), death);
  }

  private static String readAs(int user, Path file) {
    return Tests.run(
        "setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups", "cat", file.toString());
  }

  /** It is root's, and the JVM's user reads it; nobody else does. */
  @Test
  void reportIsReadByItsUserAlone() throws IOException {
    try (Daemon daemon = Daemon.start();
        LiveJvm jvm = start(daemon, "sleep")) {
      jvm.go().awaitLine("asleep");
      daemon.awaitHold(jvm.pid());
      jvm.kill("KILL");

      Path report = daemon.reportDirectories(TENANT, 1).get(0);
      Path text = report.resolve("report.txt");
      Tests.await("the grant", () -> readAs(TENANT, text).startsWith("JMORTEM "));
      assertEquals(0, Files.getAttribute(report, "unix:uid"));
      assertEquals(0, Files.getAttribute(text, "unix:uid"));
      assertTrue(readAs(OTHER, text).contains("Permission denied"));
      assertTrue(readAs(OTHER, daemon.reports(TENANT)).contains("Permission denied"));
    }
  }

  /** A report does not show the command lines of others; the daemon's log does. */
  @Test
  void commandLineOfAnotherUserIsWithheld() {
    try (Daemon daemon = Daemon.start();
        LiveJvm jvm = start(daemon, "sleep")) {
      jvm.go().awaitLine("asleep");
      daemon.awaitHold(jvm.pid());
      long pid = jvm.pid();
      jvm.kill("KILL");

      Report report = daemon.report(TENANT);
      assertEquals("kill", report.sender().comm());
      assertNull(report.sender().executable());
      assertNull(report.sender().commandLine());
      assertTrue(
          report.capture().missing().stream().anyMatch(each -> each.contains("command line")),
          report.capture().missing()::toString);
      String evidence =
          Tests.read(daemon.reportDirectories(TENANT, 1).get(0).resolve("evidence.ndjson"));
      assertFalse(evidence.contains("-KILL"), evidence);
      daemon.awaitLine("kill -KILL " + pid);
    }
  }

  /** As `kubectl describe` shows it: there before the JVM has ended. */
  @Test
  void verdictIsInTheTerminationMessage() throws IOException {
    Path message = Tests.newDirectory().resolve("message");
    Files.writeString(message, "before");
    Tests.run("chmod", "666", message.toString());
    try (Daemon daemon =
            Daemon.start("--termination-message", message.toString(), "--deadline", "30s");
        LiveJvm jvm = start(daemon, "null")) {
      assertEquals(128 + 6, jvm.go().awaitStatus());

      String said = Files.readString(message);
      assertTrue(said.startsWith("JMORTEM   vm-crash"), said);
      assertTrue(said.endsWith("\n"), said);
      assertTrue(said.length() <= 4096, said);
      daemon.report(TENANT);
    }
  }
}
