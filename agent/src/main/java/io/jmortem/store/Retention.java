// SPDX-License-Identifier: Apache-2.0
package io.jmortem.store;

import io.jmortem.proc.Numbers;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How many reports are kept in a directory. The count is for each JVM identity ({@link
 * StoredReport#identity}), so a crash loop drives out only its own reports. Where the total size
 * matters, the newest report of an identity goes last.
 *
 * @param count reports of one identity
 * @param bytes of all reports together
 * @param age of a report
 */
public record Retention(long count, long bytes, Duration age) {

  /** Stands for no limit; a duration of so many seconds is longer than any report is old. */
  public static final long NO_LIMIT = 1L << 53;

  /** Nothing is surplus. */
  public static final Retention KEEP_ALL =
      new Retention(NO_LIMIT, NO_LIMIT, Duration.ofSeconds(NO_LIMIT));

  /**
   * How many reports of a directory a reporter looks into, or as many as one identity may have.
   * Older ones than these are surplus by their number.
   */
  static final int LOOKED_INTO = 1000;

  /** No directory has more, whatever the limits are. */
  static final int MAX_REPORTS = 10_000;

  /** How many a reporter removes; the next one goes on. */
  static final int MAX_REMOVED = 200;

  /** A report, with what decides about it. */
  private record Candidate(StoredReport report, long size, boolean isNewest, boolean stays) {}

  /**
   * As the options say: {@code keep}, {@code keep-size} in bytes, {@code keep-age} in seconds.
   *
   * @param option gives the value of one; empty or 0 for no limit
   */
  public static Retention of(UnaryOperator<String> option) {
    return new Retention(
        limit(option.apply("keep")),
        limit(option.apply("keep-size")),
        Duration.ofSeconds(limit(option.apply("keep-age"))));
  }

  private static long limit(String value) {
    long limit = Numbers.leading(value).orElse(0);
    return limit == 0 ? NO_LIMIT : Math.min(limit, NO_LIMIT);
  }

  /**
   * What a reporter removes after it has published its report. The work is bounded, whatever is in
   * the directory.
   *
   * @param own the report that was just made, which stays
   */
  List<StoredReport> surplusBeside(Path own, OpenDirectory directory) throws IOException {
    List<Path> names =
        directory.names().stream()
            .filter(name -> ReportDirectory.ID.matcher(name.toString()).matches())
            .filter(name -> !name.equals(own))
            .sorted(Comparator.reverseOrder())
            .toList();
    int examined =
        (int) Math.min(names.size(), Math.min(Math.max(count, LOOKED_INTO), MAX_REPORTS));
    List<Path> newest = new ArrayList<>(List.of(own)); // whatever its clock says
    newest.addAll(names.subList(0, examined));
    List<Path> oldest = new ArrayList<>(names.subList(examined, names.size()));
    Collections.reverse(oldest);
    List<StoredReport> surplus = reports(directory, oldest.stream().limit(MAX_REMOVED).toList());
    surplus.addAll(surplus(reports(directory, newest), Instant.now(), own));
    return surplus.subList(0, Math.min(surplus.size(), MAX_REMOVED));
  }

  private static List<StoredReport> reports(OpenDirectory directory, List<Path> names) {
    List<StoredReport> reports = new ArrayList<>();
    for (Path name : names) {
      StoredReport.in(directory, name).ifPresent(reports::add);
    }
    return reports;
  }

  /**
   * Which reports are surplus.
   *
   * @param reports newest first
   * @return in the order in which they are to be removed
   */
  public List<StoredReport> surplus(List<StoredReport> reports, Instant now) {
    return surplus(reports, now, null);
  }

  /**
   * @param own stays, whatever its age and size; null if there is no such report
   */
  private List<StoredReport> surplus(List<StoredReport> reports, Instant now, @Nullable Path own) {
    Map<String, Integer> seen = new HashMap<>();
    List<Candidate> kept = new ArrayList<>();
    List<StoredReport> surplus = new ArrayList<>();
    for (StoredReport report : reports) {
      int newer = seen.merge(report.identity(), 1, Integer::sum) - 1;
      boolean stays = report.path().equals(own);
      if (!stays && (newer >= count || isTooOld(report, now))) {
        surplus.add(report);
      } else {
        kept.add(new Candidate(report, size(report), newer == 0, stays));
      }
    }
    Collections.reverse(surplus); // the oldest first
    surplus.addAll(tooLarge(kept));
    return surplus;
  }

  private boolean isTooOld(StoredReport report, Instant now) {
    return Duration.between(report.time(), now).compareTo(age) > 0;
  }

  private long size(StoredReport report) {
    return bytes == NO_LIMIT ? 0 : report.content().size();
  }

  /**
   * What must go so that the others fit: first what has a newer one of its identity, oldest first.
   */
  private List<StoredReport> tooLarge(List<Candidate> kept) {
    List<StoredReport> surplus = new ArrayList<>();
    long total = kept.stream().mapToLong(Candidate::size).sum();
    List<Candidate> order = new ArrayList<>(kept);
    Collections.reverse(order);
    order.sort(Comparator.comparing(Candidate::isNewest)); // stable: oldest first in both parts
    for (Candidate each : order) {
      if (total > bytes && !each.stays()) {
        surplus.add(each.report());
        total -= each.size();
      }
    }
    return surplus;
  }
}
