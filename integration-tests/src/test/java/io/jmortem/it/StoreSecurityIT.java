// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Root's commands on directories that a user has prepared for an attack. */
class StoreSecurityIT {

  private static final String ID = "20201120T133358.495Z-host-4711-784a51";
  private static final String SECRET = "root's own\n";

  private static final List<String> USER =
      List.of("setpriv", "--reuid", "4242", "--regid", "4242", "--clear-groups");

  private Path directory;
  private Path secret;
  private Path reports;
  private Path report;

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  /** A user's report, with links to root's file at every name that will be written. */
  @BeforeEach
  void prepared() throws IOException {
    directory = Tests.newDirectory();
    secret = Files.writeString(directory.resolve("secret"), SECRET);
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    reports = Files.createDirectory(directory.resolve("jmortem-reports"));
    report = Files.createDirectory(reports.resolve(ID));
    Files.writeString(
        report.resolve("evidence.ndjson"),
        "{\"id\":\"e1\",\"event\":\"exit\",\"timeUnixNano\":\"1\",\"status\":9}\n");
    for (String name : List.of("report.json", "report.txt", "evidence.ndjson")) {
      Files.createSymbolicLink(report.resolve("." + name + ".new"), secret);
    }
    Files.createSymbolicLink(report.resolve("report.txt"), secret);
  }

  private void give(Path... paths) {
    for (Path path : paths) {
      assertEquals("", Tests.run("chown", "-hR", "4242:4242", path.toString()));
    }
  }

  private void assertUntouched() throws IOException {
    assertEquals(SECRET, Files.readString(secret));
    assertTrue(Files.isSymbolicLink(report.resolve(".report.json.new")));
    assertFalse(Files.exists(report.resolve("report.json"), LinkOption.NOFOLLOW_LINKS));
  }

  private static void assertRefused(Cli cli, String why) {
    assertEquals(1, cli.status(), cli::stderr);
    assertTrue(cli.stderr().contains(why), cli::stderr);
    assertEquals(1, cli.stderr().lines().count(), cli::stderr);
  }

  @Test
  void anotherUsersReportIsNotMadeAgain() throws IOException {
    give(reports);
    assertRefused(Cli.run("rebuild", report.toString()), "belongs to user 4242, not to root");
    assertUntouched();
  }

  @Test
  void nothingIsMadeInAnotherUsersDirectory() throws IOException {
    give(reports);
    assertEquals("", Tests.run("chown", "-hR", "0:0", report.toString()));
    assertRefused(Cli.run("rebuild", report.toString()), "belongs to user 4242, not to root");
    assertUntouched();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwxrwxrwx", "rwxrwxr-x"})
  void nothingIsMadeWhereOthersWrite(String mode) throws IOException {
    Files.setPosixFilePermissions(reports, PosixFilePermissions.fromString(mode));
    assertRefused(Cli.run("rebuild", report.toString()), "can be written by other users");
    assertUntouched();
    Files.setPosixFilePermissions(reports, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setPosixFilePermissions(report, PosixFilePermissions.fromString(mode));
    assertRefused(Cli.run("rebuild", report.toString()), "can be written by other users");
    assertUntouched();
  }

  /** A report of root with links in it: the links are replaced, not followed. */
  @Test
  void linksAreReplaced() throws IOException {
    Cli cli = Cli.run("rebuild", report.toString());

    assertEquals(0, cli.status(), cli::stderr);
    assertEquals(SECRET, Files.readString(secret));
    assertTrue(Files.isRegularFile(report.resolve("report.txt"), LinkOption.NOFOLLOW_LINKS));
    assertFalse(Files.exists(report.resolve(".report.txt.new"), LinkOption.NOFOLLOW_LINKS));
  }

  @Test
  void anotherUsersReportIsNotRemoved() throws IOException {
    for (Path each : Tests.list(report)) {
      if (each.toString().endsWith(".new")) {
        Files.delete(each); // otherwise it would look like a report that is being written
      }
    }
    give(reports);
    Cli cli = Cli.run("clean", "--keep", "0", "--dir", reports.toString());

    assertRefused(cli, "was not removed: ");
    assertTrue(cli.stderr().contains("belongs to user 4242"), cli::stderr);
    assertTrue(Files.isDirectory(report));
  }

  /** It can be shown, but no link in it leads to files of root. */
  @Test
  void anotherUsersReportIsShown() throws IOException {
    give(reports);
    assertRefused(Cli.run("show", "--dir", reports.toString()), "report.txt is missing");
    Files.delete(report.resolve("report.txt"));
    Files.writeString(report.resolve("report.txt"), "a\u001b[2J\u009bb\n");
    Cli shown = Cli.run("show", "--dir", reports.toString());

    assertEquals(List.of("a?[2J?b"), shown.stdout(), shown::stderr);
    assertEquals(0, Cli.run("list", "--dir", reports.toString()).status());
  }

  /** The owner may still do everything. */
  @Test
  void theOwnersOwn() throws IOException {
    give(reports, directory);
    assertEquals("", Tests.run("chown", "0:0", secret.toString()));
    Cli cli = Cli.startBelow(USER, "rebuild", report.toString()).finish();

    assertEquals(0, cli.status(), cli::stderr);
    assertEquals(SECRET, Files.readString(secret));
  }

  private static final String PROBLEM =
      "{\"id\":\"e1\",\"event\":\"problem\",\"timeUnixNano\":\"1\",\"what\":\"x\"}\n";

  /** Within the reporter's memory: parts that are too large are left out, which is reported. */
  @ParameterizedTest
  @ValueSource(strings = {"one line", "many lines", "deep", "many words"})
  void moreThanMemory(String kind) throws IOException {
    String start = "{\"id\":\"e0\",\"event\":\"armed\",\"options\":{\"dir\":";
    switch (kind) {
      case "one line" -> append(start + "\"", "x".repeat(1_000_000), 300, "\"}}\n");
      case "many lines" -> append("", PROBLEM.repeat(10_000), 200, "");
      case "deep" -> append("", "{\"a\":".repeat(1_000_000), 5, "\n");
      default -> append(start + "[", "[],".repeat(300_000), 40, "1]}}\n");
    }
    Cli cli =
        Cli.startBelow(List.of("env", "JDK_JAVA_OPTIONS=-Xmx384m"), "rebuild", report.toString())
            .finish();

    assertEquals(0, cli.status(), cli::stderr);
    assertEquals(Report.Category.KILLED, Tests.report(report).diagnosis().category());
    assertTrue(
        Tests.report(report).softErrors().stream()
            .anyMatch(error -> error.startsWith("evidence.ndjson")),
        kind);
  }

  private void append(String start, String part, int count, String end) throws IOException {
    try (Writer evidence =
        Files.newBufferedWriter(report.resolve("evidence.ndjson"), StandardOpenOption.APPEND)) {
      evidence.write(start);
      for (int i = 0; i < count; i++) {
        evidence.write(part);
      }
      evidence.write(end);
    }
  }
}
