// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.evidence.Evidence;
import io.jmortem.evidence.EvidenceReader;
import io.jmortem.report.Report;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The report's directory, as people and scripts see it. */
class ReportIT {

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  @Test
  void directory() throws IOException {
    VictimRun run = new VictimRun(Jdk.own(), "null").run();
    Report report = run.report();
    Path directory = run.reportDirectories().get(0);
    List<String> names =
        Tests.list(directory).stream().map(path -> path.getFileName().toString()).toList();

    assertEquals(
        List.of(
            "evidence.ndjson",
            run.hsErrLogs().get(0).getFileName().toString(),
            "report.json",
            "report.txt"),
        names);
    assertEquals("rwx------", permissions(directory));
    for (Path file : Tests.list(directory)) {
      assertEquals("rw-------", permissions(file), file.toString());
    }
    assertTrue(
        Tests.read(directory.resolve("report.txt")).lines().allMatch(line -> line.length() <= 100));
    assertTrue(report.hsErr().complete());
    // Java knows every field that C writes
    try (InputStream stream = Files.newInputStream(directory.resolve("evidence.ndjson"))) {
      Evidence evidence = new EvidenceReader(true).read(stream);
      assertEquals(List.of(), evidence.problems());
    }
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void rebuilt() throws IOException {
    VictimRun run = new VictimRun(Jdk.own(), "null").run();
    run.report();
    Path directory = run.reportDirectories().get(0);
    String json = Tests.read(directory.resolve("report.json"));
    String text = Tests.read(directory.resolve("report.txt"));
    Files.delete(directory.resolve("report.json"));
    Files.delete(directory.resolve("report.txt"));
    String output =
        Tests.run(
            Jdk.own().java().toString(),
            "-jar",
            Tests.jar().toString(),
            "rebuild",
            directory.toString());

    assertEquals(directory.resolve("report.txt").toString(), output.strip());
    assertEquals(
        withoutOriginal(json), withoutOriginal(Tests.read(directory.resolve("report.json"))));
    assertEquals(
        withoutOriginal(text), withoutOriginal(Tests.read(directory.resolve("report.txt"))));
  }

  /** The path of the log; after a rebuild, that of the copy. */
  private static String withoutOriginal(String text) {
    return text.replaceAll("\"path\" : \"\\S*hs_err_pid\\d+\\.log|(?m)^HS_ERR .*$", "");
  }

  @Test
  void secretsAreRedacted() {
    VictimRun run =
        new VictimRun(Jdk.own(), "null")
            .vm("-Ddb.password=hunter2", "-Dapi.token=\"t0p secret\"", "-Dnothing=visible")
            .run();
    Report report = run.report();
    Path directory = run.reportDirectories().get(0);

    assertEquals(2, report.redaction().count());
    for (Path file : Tests.list(directory)) {
      assertFalse(Tests.read(file).contains("hunter2"), file.toString());
      assertFalse(Tests.read(file).contains("t0p"), file.toString());
    }
    assertTrue(report.jvm().arguments().contains("-Dnothing=visible"));
    assertTrue(report.jvm().arguments().contains("-Ddb.password=<redacted>"));
  }

  @Test
  void optionsOfTheReport() {
    VictimRun run =
        new VictimRun(Jdk.own(), "null")
            .agent("snapshot=off,redact=off,tags=team:payments;build:17")
            .vm("-Ddb.password=hunter2");
    Report report = run.run().report();

    assertEquals(Map.of("team", "payments", "build", "17"), report.tags());
    assertTrue(report.jvm().arguments().contains("-Ddb.password=hunter2"));
    Path reports = run.directory().resolve("reports");
    for (int i = 0; i < 3; i++) {
      new VictimRun(Jdk.own(), "null").reports(reports).agent("snapshot=off,keep=2").run();
    }
    assertEquals(2, run.reportDirectories().size());
  }

  @Test
  void rollingSnapshot() {
    VictimRun run =
        new VictimRun(Jdk.own(), "null")
            .vm("-Dvictim.threads=3")
            .agent("snapshot=100ms,freeze=off,hold=off")
            .waiting()
            .start();
    run.awaitReady();
    awaitSnapshot(run.tmp());
    Report report = run.go().finish().report();

    assertEquals("kernel", report.capture().level());
    assertEquals("before", report.capture().moment());
    assertTrue(report.capture().ageMillis() >= 0);
    assertTrue(
        report.threadGroups().stream()
            .anyMatch(
                group -> group.names().containsAll(List.of("parked-0", "parked-1", "parked-2"))),
        () -> report.threadGroups().toString());
  }

  /** The file appears by a rename, so it is always complete. */
  private static void awaitSnapshot(Path tmp) {
    while (Tests.list(tmp).stream().noneMatch(work -> hasParkedThreads(work.resolve("snapshot")))) {
      Thread.onSpinWait();
    }
  }

  private static boolean hasParkedThreads(Path snapshot) {
    return Files.exists(snapshot) && Tests.read(snapshot).contains("parked-2");
  }

  @Test
  void logElsewhere() {
    VictimRun run = new VictimRun(Jdk.own(), "null");
    Path log = run.directory().resolve("tmp").resolve("crash-%p.txt");
    Report report = run.vm("-XX:ErrorFile=" + log).run().report();

    assertTrue(report.hsErr().path().contains("/tmp/crash-"), () -> report.hsErr().path());
    assertTrue(report.hsErr().copy().matches("hs_err_pid\\d+\\.log"));
  }
}
