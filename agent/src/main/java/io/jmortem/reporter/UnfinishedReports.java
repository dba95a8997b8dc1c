// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.store.ReportDirectory;
import io.jmortem.store.ReportStore;
import io.jmortem.store.StoredReport;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Evidence of deaths whose reports could not be made at the time: no process could be started,
 * there was no memory, or the helper was ended.
 */
public final class UnfinishedReports {

  /** How many are made in one run; the next run makes the others. */
  static final int MOST = 16;

  /** A process that still makes the report has written something within this time. */
  private static final Duration SETTLED = Duration.ofMinutes(1);

  /**
   * Longer than a helper ever takes after the end of its JVM. The longest is a watchdog whose
   * worker was killed ({@code watchdog.c}): 400 s until the end, 60 s for a reporter that was
   * started, 400 s for a report of its own.
   */
  private static final Duration ABANDONED = Duration.ofMinutes(20);

  private UnfinishedReports() {}

  /**
   * Makes the missing reports in this user's own directories.
   *
   * @return how many were made
   * @throws IOException if the directories can't be read
   */
  public static int finish(ReportStore store) throws IOException {
    int made = 0;
    for (StoredReport each : store.all()) {
      if (made < MOST && isAbandoned(each)) {
        made += make(each) ? 1 : 0;
      }
    }
    return made;
  }

  private static boolean lacksReport(StoredReport report, StoredReport.Content content) {
    return content.hasEvidence() && !(report.isFinished() && content.hasReport());
  }

  private static boolean isAbandoned(StoredReport report) {
    StoredReport.Content content = report.content();
    if (!lacksReport(report, content)) {
      return false;
    }
    Duration quiet = Duration.between(content.lastChange(), Instant.now());
    return report.isFinished()
        ? !content.hasUnfinishedFiles() || quiet.compareTo(SETTLED) > 0
        : quiet.compareTo(ABANDONED) > 0 && !isAlive(report);
  }

  /** A process that started later only has its pid, as the first one of each container has. */
  private static boolean isAlive(StoredReport report) {
    return ProcessHandle.of(report.pid())
        .map(process -> process.info().startInstant().map(report.time()::isAfter).orElse(true))
        .orElse(false);
  }

  private static boolean make(StoredReport report) {
    try (ReportDirectory directory = ReportDirectory.open(report.path())) {
      Optional<Closeable> lock = directory.tryLock();
      if (lock.isEmpty()) {
        return false; // another process makes the report
      }
      try (Closeable held = lock.get()) {
        // the process that had the lock before may have made the report
        if (held == null || !lacksReport(report, report.content())) {
          return false;
        }
        Optional<Reporter.Result> result = Reporter.finish(directory);
        result.map(Reporter.Result::retention).ifPresent(directory::keep);
        return result.isPresent();
      }
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      return false; // another user's, not readable, or too large: `rebuild` says which
    }
  }
}
