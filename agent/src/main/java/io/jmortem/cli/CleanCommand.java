// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.store.StoredReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Removes reports. */
@Command(
    name = "clean",
    description = {
      "Removes reports that are too old, too many or too large, oldest first.",
      "It does not remove reports that are being written, or that belong to another user."
    },
    footer = {
      "",
      "Examples:",
      "  jmortem clean --older-than 30d",
      "  jmortem clean --keep 10 --max-size 500M --dry-run"
    },
    mixinStandardHelpOptions = true)
final class CleanCommand implements Callable<Integer> {

  /** A helper that is still making a report has written to it within this time. */
  private static final Duration BEING_WRITTEN = Duration.ofMinutes(10);

  @Spec private CommandSpec spec;

  @Mixin private StoreOptions where;

  @Option(
      names = "--older-than",
      paramLabel = "AGE",
      converter = Age.class,
      description = "Remove reports older than this: 90m, 12h, 30d, 8w.")
  private @Nullable Duration olderThan;

  @Option(names = "--keep", paramLabel = "N", description = "Keep the N newest reports.")
  private @Nullable Integer keep;

  @Option(
      names = "--max-size",
      paramLabel = "SIZE",
      converter = Size.class,
      description = "Keep the newest reports up to this total size: 500K, 200M, 1G.")
  private @Nullable Long maxSize;

  @Option(names = "--dry-run", description = "Print what would be removed, and remove nothing.")
  private boolean dryRun;

  @Option(names = "--json", description = "Print what was removed as JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    if (olderThan == null && keep == null && maxSize == null) {
      throw new ParameterException(
          spec.commandLine(), "no limit given; give --older-than, --keep or --max-size");
    }
    if (keep != null && keep < 0) {
      throw new ParameterException(spec.commandLine(), "--keep must be a whole number, 0 or more");
    }
    List<StoredReport> removed = new ArrayList<>();
    long bytes = 0;
    boolean failed = false;
    for (StoredReport report : surplus(where.store().all(), Instant.now())) {
      long size = report.content().size();
      try {
        if (dryRun) {
          report.requireOwn();
        } else {
          report.delete();
        }
        removed.add(report);
        bytes += size;
      } catch (IOException e) {
        failed = true;
        spec.commandLine()
            .getErr()
            .println("jmortem: " + report.path() + " was not removed: " + IoErrorText.of(e));
      }
    }
    tell(removed, bytes);
    return failed ? 1 : 0;
  }

  /** Goes from the newest to the oldest; a report that is being written counts as kept. */
  private List<StoredReport> surplus(List<StoredReport> reports, Instant now) {
    List<StoredReport> surplus = new ArrayList<>();
    int kept = 0;
    long size = 0;
    boolean isFull = false;
    for (StoredReport report : reports) {
      StoredReport.Content content = report.content();
      boolean isUnfinished = !report.isFinished() || content.hasUnfinishedFiles();
      if (isUnfinished && content.lastChange().isAfter(now.minus(BEING_WRITTEN))) {
        kept++;
        continue;
      }
      long own = content.size();
      boolean isTooOld = olderThan != null && report.time().isBefore(now.minus(olderThan));
      boolean isOneTooMany = keep != null && kept >= keep;
      isFull |= maxSize != null && size + own > maxSize; // all older ones are surplus, too
      if (isTooOld || isOneTooMany || isFull) {
        surplus.add(report);
        continue;
      }
      kept++;
      size += own;
    }
    return surplus;
  }

  private void tell(List<StoredReport> removed, long bytes) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(
          Json.pretty(
              Map.of(
                  "removed", removed.stream().map(each -> each.path().toString()).toList(),
                  "bytes", bytes,
                  "dry_run", dryRun)));
    } else {
      for (StoredReport each : removed) {
        out.println((dryRun ? "would remove " : "removed ") + each.path());
      }
      if (removed.isEmpty()) {
        out.println("nothing to remove");
      }
    }
    out.flush();
  }

  /** {@code 90m}, {@code 12h}, {@code 30d}, {@code 8w}. */
  static final class Age implements ITypeConverter<Duration> {

    /** For picocli. */
    Age() {}

    @Override
    public Duration convert(String value) {
      if (!value.matches("\\d{1,6}[smhdw]")) {
        throw new TypeConversionException("'" + value + "' is not an age; examples: 12h, 30d");
      }
      long number = Long.parseLong(value.substring(0, value.length() - 1));
      return switch (value.charAt(value.length() - 1)) {
        case 's' -> Duration.ofSeconds(number);
        case 'm' -> Duration.ofMinutes(number);
        case 'h' -> Duration.ofHours(number);
        case 'd' -> Duration.ofDays(number);
        default -> Duration.ofDays(7 * number);
      };
    }
  }

  /** {@code 500K}, {@code 200M}, {@code 1G}, or bytes. */
  static final class Size implements ITypeConverter<Long> {

    /** For picocli. */
    Size() {}

    @Override
    public Long convert(String value) {
      if (!value.matches("\\d{1,12}[KMG]?")) {
        throw new TypeConversionException("'" + value + "' is not a size; examples: 200M, 1G");
      }
      int unit = "KMG".indexOf(value.charAt(value.length() - 1)) + 1;
      long number = Long.parseLong(unit == 0 ? value : value.substring(0, value.length() - 1));
      return number << (10 * unit);
    }
  }
}
