// SPDX-License-Identifier: Apache-2.0
package io.jmortem.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What stays in a directory of reports after one more was made. */
class RetentionTest {

  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

  private static final Duration AGELESS = Retention.KEEP_ALL.age();

  @TempDir private Path parent;

  /** A report of so many bytes. */
  private Path report(int minutesAgo, String identity, int size) throws IOException {
    String time = STAMP.format(Instant.now().minusSeconds(60L * minutesAgo));
    Path report = Files.createDirectory(parent.resolve(time + "-host-1-aaaaaa"));
    String json = "{\"schema_version\":\"1.0.0\",\"identity\":\"" + identity + "\"}";
    Files.writeString(report.resolve("report.json"), json);
    Files.writeString(report.resolve("evidence.ndjson"), "x".repeat(size - json.length()));
    return report;
  }

  private void keep(Path newest, Retention limits) throws IOException {
    try (ReportDirectory directory = ReportDirectory.open(newest)) {
      directory.keep(limits);
    }
  }

  private List<Path> left() throws IOException {
    try (Stream<Path> all = Files.list(parent)) {
      return all.sorted().toList();
    }
  }

  @Test
  void crashLoopDrivesOutItself() throws IOException {
    Path rare = report(900, "rare.jar", 100);
    List<Path> loop = new ArrayList<>();
    for (int i = 30; i >= 0; i--) {
      loop.add(report(i, "loop.jar", 100));
    }
    keep(loop.get(30), new Retention(3, Retention.NO_LIMIT, AGELESS));

    assertEquals(List.of(rare, loop.get(28), loop.get(29), loop.get(30)), left());
  }

  @Test
  void newestOfAnIdentityGoesLast() throws IOException {
    Path rare = report(900, "rare.jar", 1000);
    report(800, "shop.service shop.jar", 1000);
    Path shop = report(700, "shop.service shop.jar", 1000);
    report(30, "loop.jar", 1000);
    report(20, "loop.jar", 1000);
    Path newest = report(0, "loop.jar", 1000);
    keep(newest, new Retention(20, 3100, AGELESS));
    assertEquals(List.of(rare, shop, newest), left());

    keep(newest, new Retention(20, 2100, AGELESS));
    assertEquals(List.of(shop, newest), left());
    keep(newest, new Retention(20, 10, AGELESS));
    assertEquals(List.of(newest), left());
  }

  @Test
  void oldOnesGo() throws IOException {
    report(900, "rare.jar", 100);
    Path young = report(10, "rare.jar", 100);
    Path newest = report(0, "loop.jar", 100);
    keep(newest, new Retention(20, Retention.NO_LIMIT, Duration.ofMinutes(60)));
    assertEquals(List.of(young, newest), left());
  }

  /** The report that was just made stays, even if the clock went back. */
  @Test
  void ownStays() throws IOException {
    Path own = report(500, "a.jar", 5000);
    Path other = report(0, "b.jar", 100);
    keep(own, new Retention(1, 5000, Duration.ofMinutes(60)));
    assertEquals(List.of(own), left());
    assertTrue(Files.notExists(other));
  }

  @Test
  void noLimit() throws IOException {
    report(900_000, "a.jar", 100);
    keep(report(0, "a.jar", 100), Retention.KEEP_ALL);
    assertEquals(2, left().size());
  }

  /** Reports without an identity, of an older version or without a verdict, share one. */
  @Test
  void unknownIdentity() throws IOException {
    for (int i = 9; i > 1; i--) {
      Path report = report(i, "", 100);
      Files.writeString(report.resolve("report.json"), i % 2 == 0 ? "{\"threads\":[" : "[");
    }
    keep(report(0, "a.jar", 100), new Retention(2, Retention.NO_LIMIT, AGELESS));
    assertEquals(3, left().size());
  }

  /** Each run does a bounded part of the work, and removes the oldest. */
  @Test
  @Timeout(120)
  void moreThanAreLookedInto() throws IOException {
    int entries = 3 * Retention.LOOKED_INTO;
    for (int i = 0; i < entries; i++) {
      Files.createDirectory(parent.resolve("20200101T000000.000Z-host-1-%06x".formatted(i)));
    }
    Path newest = report(0, "a.jar", 100);
    keep(newest, new Retention(20, Retention.NO_LIMIT, AGELESS));

    List<Path> left = left();
    assertEquals(entries + 1 - Retention.MAX_REMOVED, left.size());
    assertTrue(left.get(0).toString().endsWith("-%06x".formatted(Retention.MAX_REMOVED)));
    assertEquals(newest, left.get(left.size() - 1));
  }
}
