// SPDX-License-Identifier: Apache-2.0
package io.jmortem.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportDirectoryTest {

  private static final String ID = "20261120T133358.495Z-host-4711-784a51";

  @TempDir private Path parent;

  private ReportDirectory directory(String name) throws IOException {
    Path path = Files.createDirectory(parent.resolve(name));
    Files.writeString(path.resolve("evidence.ndjson"), "{}\n");
    return ReportDirectory.open(path);
  }

  @Test
  void published() throws IOException {
    ReportDirectory directory = directory("." + ID + ".partial");
    assertEquals(ID, directory.id());
    directory.write("report.txt", "hello");
    directory.publish();
    directory.publish(); // once more does no harm

    assertEquals(parent.resolve(ID), directory.path());
    assertEquals("hello", Files.readString(directory.path().resolve("report.txt")));
  }

  @Test
  void oldestGo() throws IOException {
    ReportDirectory newest = directory("20261120T133359.000Z-host-1-aaaaaa");
    directory("20261120T133358.000Z-host-2-aaaaaa");
    directory("20261120T133357.000Z-host-3-aaaaaa");
    Path unfinished = directory(".20261120T133356.000Z-host-4-aaaaaa.partial").path();
    Path foreign = Files.createDirectory(parent.resolve("precious"));
    newest.keep(2);

    assertTrue(Files.exists(parent.resolve("20261120T133358.000Z-host-2-aaaaaa")));
    assertFalse(Files.exists(parent.resolve("20261120T133357.000Z-host-3-aaaaaa")));
    assertTrue(Files.exists(unfinished) && Files.exists(foreign));
  }

  /** Rebuilt, or after the clock went back: the one that was just made is never the oldest. */
  @Test
  void itselfStays() throws IOException {
    ReportDirectory oldest = directory("20261120T133357.000Z-host-3-aaaaaa");
    directory("20261120T133358.000Z-host-2-aaaaaa");
    Path stubborn = directory("20261120T133356.000Z-host-2-bbbbbb").path();
    Files.createFile(Files.createDirectory(stubborn.resolve("sub")).resolve("file"));
    oldest.keep(1);

    assertTrue(Files.exists(oldest.path()) && Files.exists(stubborn));
  }

  @Test
  void movedElsewhere() throws IOException {
    ReportDirectory directory = directory("." + ID + ".partial");
    ReportDirectory moved = directory.moveEvidence(parent.resolve("elsewhere/reports"));
    moved.publish();

    assertFalse(Files.exists(directory.path()));
    assertEquals(parent.resolve("elsewhere/reports").resolve(ID), moved.path());
    assertEquals("{}\n", Files.readString(moved.evidence()));
  }

  @Test
  void noReportsDirectory() throws IOException {
    Path link = Files.createSymbolicLink(parent.resolve("evidence.ndjson"), Path.of("/etc/passwd"));

    assertTrue(Files.exists(link));
    assertThrows(IOException.class, () -> ReportDirectory.open(parent));
    assertThrows(IOException.class, () -> ReportDirectory.open(Path.of("/nowhere")));
  }
}
