// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.report.Report;
import io.jmortem.report.Report.Category;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Directories that can't be written, wrong options, and a damaged jar. */
class BadInputIT {

  @BeforeAll
  static void root() {
    Tests.assumeRoot();
  }

  @Test
  void unwritableDirectory() {
    VictimRun run = new VictimRun(Jdk.own(), "null").reports(Path.of("/proc/reports")).run();

    assertEquals(134, run.status());
    assertTrue(run.lines().get(0).contains("can't write reports in /proc/reports"), run::stderr);
    assertReportIn(run.tmp().resolve("jmortem-reports"), run);
  }

  /** Disks of several sizes: too small for evidence, up to too small only for the report. */
  @ParameterizedTest
  @ValueSource(strings = {"4k", "40k", "80k"})
  void fullDisk(String size) {
    VictimRun run = new VictimRun(Jdk.own(), "null");
    Path disk = Tests.newDirectory(run.directory().resolve("disk"));
    assertEquals(
        "", Tests.run("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", disk.toString()));
    try {
      run.reports(disk).run();
      assertEquals(134, run.status());
      assertEquals(List.of(), Tests.list(disk));
    } finally {
      Tests.run("umount", disk.toString());
    }
    assertReportIn(run.tmp().resolve("jmortem-reports"), run);
  }

  private static void assertReportIn(Path directory, VictimRun run) {
    List<Path> reports = Tests.list(directory);
    assertEquals(1, reports.size(), run::stderr);
    Report report = Tests.report(reports.get(0));
    assertEquals(Category.VM_CRASH, report.diagnosis().category());
    String last = run.lines().get(run.lines().size() - 1);
    assertTrue(last.endsWith("-> " + reports.get(0)), run::stderr);
  }

  @Test
  void wrongOptions() {
    VictimRun run =
        new VictimRun(Jdk.own(), "exit", "0")
            .agent("colour=red,freeze=maybe,deadline=soon,snapshot=off")
            .run();

    assertEquals(0, run.status());
    assertEquals("full", run.stdout("level "));
    assertEquals(3, run.lines().size(), run::stderr);
    assertTrue(
        run.lines().get(0).contains("unknown option 'colour'; valid: dir, freeze,"), run::stderr);
    assertTrue(run.lines().get(1).contains("one of auto, on, off"), run::stderr);
    assertTrue(run.lines().get(2).contains("expected a duration"), run::stderr);
  }

  @Test
  void tamperedHelper() throws IOException {
    VictimRun run = new VictimRun(Jdk.own(), "exit", "0");
    Path jar = run.directory().resolve("tampered.jar");
    Files.copy(Tests.jar(), jar);
    try (FileSystem zip = FileSystems.newFileSystem(URI.create("jar:" + jar.toUri()), Map.of())) {
      Path helper = zip.getPath("io/jmortem/agent/jmortem-helper");
      byte[] bytes = Files.readAllBytes(helper);
      bytes[bytes.length / 2] ^= 1;
      Files.write(helper, bytes);
    }
    run.jar(jar).run();

    assertEquals(0, run.status());
    assertEquals("none", run.stdout("level "));
    assertEquals(1, run.lines().size(), run::stderr);
    assertTrue(run.lines().get(0).contains("not the one that was built"), run::stderr);
    assertEquals(List.of(), Tests.list(run.tmp()));
  }

  /** The helper is started from another directory if the temporary one is noexec or read-only. */
  @ParameterizedTest
  @ValueSource(strings = {"noexec", "ro"})
  void unusableTemporaryDirectory(String option) {
    VictimRun run = new VictimRun(Jdk.own(), "null");
    assertEquals(
        "", Tests.run("mount", "-t", "tmpfs", "-o", option, "tmpfs", run.tmp().toString()));
    try {
      assertEquals(Category.VM_CRASH, run.run().report().diagnosis().category());
      assertEquals(List.of(), Tests.list(run.tmp()));
    } finally {
      Tests.run("umount", run.tmp().toString());
    }
  }

  @Test
  void noPrivileges() {
    VictimRun run = new VictimRun(Jdk.own(), "null").agent("snapshot=off,hold=off");
    run.asOrdinaryUser().run();
    Report report = run.report();

    assertEquals(134, run.status());
    assertEquals("agent", run.stdout("level "));
    assertEquals("agent", report.capture().level());
    assertEquals(Category.VM_CRASH, report.diagnosis().category());
    assertEquals(Report.Confidence.LIKELY, report.diagnosis().confidence());
    assertEquals(2, run.lines().size(), run::stderr);
    assertTrue(run.lines().get(0).contains("capture level agent"), run::stderr);
    assertTrue(run.lines().get(0).contains("CAP_BPF"), run::stderr);
    assertTrue(report.capture().missing().stream().anyMatch(missing -> missing.startsWith("BPF:")));
  }

  /** Another directory would not help. */
  @Test
  void seccompFilterAgainstProcesses() {
    VictimRun run =
        new VictimRun(Jdk.own(), "exit", "0").below(Tests.nativeTool("nofork").toString()).run();

    assertEquals(0, run.status());
    assertTrue(
        run.stderr().contains("seccomp filter forbids it to start programs: use `jmortem watch`"),
        run::stderr);
  }
}
