// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.store.ReportStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnfinishedReportsTest {

  private static final long NOBODY = 99_999_999; // above the kernel's PID_MAX_LIMIT

  @TempDir private Path place;

  private Path left(String pattern, long pid, Duration ago) throws IOException {
    return left("20261127T103000.000Z-host-" + pid + "-00abcd", pattern, ago);
  }

  private Path left(String id, String pattern, Duration ago) throws IOException {
    Path directory = Files.createDirectory(place.resolve(pattern.formatted(id)));
    Path evidence = directory.resolve("evidence.ndjson");
    Files.writeString(
        evidence,
        """
        {"id":"e1","event":"armed","timeUnixNano":"1","level":"full","pid":4711}
        {"id":"e2","event":"exit","timeUnixNano":"2","status":768}
        """);
    FileTime time = FileTime.from(Instant.now().minus(ago));
    Files.setLastModifiedTime(evidence, time);
    Files.setLastModifiedTime(directory, time);
    return directory;
  }

  private int finish() throws IOException {
    return UnfinishedReports.finish(ReportStore.in(place));
  }

  @Test
  void evidenceWithoutReport() throws IOException {
    Path directory = left("%s", NOBODY, Duration.ZERO);
    Files.writeString(
        directory.resolve("hs_err_pid4711.log"),
        "#\n#  SIGSEGV (0xb) at pc=0x00007f00, pid=4711, tid=4712\n#\n");

    assertEquals(1, finish());
    assertTrue(Files.readString(directory.resolve("report.json")).contains("SIGSEGV"));
    assertEquals(0, finish());
  }

  @Test
  void abandonedDirectoryIsFinished() throws IOException {
    Path directory = left(".%s.partial", NOBODY, Duration.ofHours(1));

    assertEquals(1, finish());
    assertFalse(Files.exists(directory));
    assertTrue(Files.exists(place.resolve(idOf(directory)).resolve("report.txt")));
  }

  /** A helper may still write there, until long after its JVM's end. */
  @Test
  void directoryInUseIsLeftAlone() throws IOException {
    left(".%s.partial", NOBODY, Duration.ofMinutes(15));
    left("99990101T000000.000Z-host-" + own() + "-00abcd", ".%s.partial", Duration.ofHours(1));

    assertEquals(0, finish());
  }

  /** As the first process of a container that was started again. */
  @Test
  void processThatStartedLaterHasOnlyThePid() throws IOException {
    left("20200101T000000.000Z-host-" + own() + "-00abcd", ".%s.partial", Duration.ofHours(1));

    assertEquals(1, finish());
  }

  /** So the finisher says that it is worth to start it again. */
  @Test
  void oneRunMakesSoMany() throws IOException {
    for (int i = 0; i <= UnfinishedReports.MOST; i++) {
      left("%s", NOBODY - i, Duration.ZERO);
    }

    assertEquals(UnfinishedReports.MOST, finish());
    assertEquals(1, finish());
  }

  private static long own() {
    return ProcessHandle.current().pid();
  }

  /** An end that is not reported, and whose reporter was killed. */
  @Test
  void noReportOfAnOrderlyEnd() throws IOException {
    Path directory = left(".%s.partial", NOBODY, Duration.ofHours(1));
    Files.writeString(
        directory.resolve("evidence.ndjson"),
        "{\"id\":\"e1\",\"event\":\"exit\",\"timeUnixNano\":\"2\",\"status\":0}\n");
    Files.setLastModifiedTime(
        directory.resolve("evidence.ndjson"),
        FileTime.from(Instant.now().minus(Duration.ofHours(1))));

    assertEquals(0, finish());
    assertFalse(Files.exists(directory));
  }

  @Test
  void evidenceThatIsNoFile() throws IOException {
    Path directory = left("%s", NOBODY, Duration.ZERO);
    Files.delete(directory.resolve("evidence.ndjson"));
    Files.createDirectory(directory.resolve("evidence.ndjson"));

    assertEquals(0, finish());
  }

  private static String idOf(Path partial) {
    return Optional.of(partial.getFileName().toString())
        .map(name -> name.substring(1, name.length() - ".partial".length()))
        .orElseThrow();
  }
}
