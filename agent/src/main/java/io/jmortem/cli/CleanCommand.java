// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.agent.AgentOptions;
import io.jmortem.store.ReportStore;
import io.jmortem.store.Retention;
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
      "The limits hold for each directory. It does not remove reports that are being written, or"
          + " that belong to another user."
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
  private static final Duration BEING_WRITTEN = Duration.ofMinutes(20);

  @Spec private CommandSpec spec;

  @Mixin private StoreOptions where;

  @Option(
      names = "--older-than",
      paramLabel = "AGE",
      converter = Age.class,
      description = "Remove reports older than this: 90m, 12h, 30d, 8w.")
  private @Nullable Duration olderThan;

  @Option(
      names = "--keep",
      paramLabel = "N",
      description =
          "Keep the N newest reports of each JVM identity (pod or unit, and main class or jar).")
  private @Nullable Integer keep;

  @Option(
      names = "--max-size",
      paramLabel = "SIZE",
      converter = Size.class,
      description =
          "Keep reports up to this total size: 500K, 200M, 1G. Of each JVM identity, the newest"
              + " report goes last.")
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
    List<StoredReport> surplus = new ArrayList<>();
    Retention limits =
        new Retention(
            keep == null ? Retention.NO_LIMIT : keep,
            maxSize == null ? Retention.NO_LIMIT : maxSize,
            olderThan == null ? Retention.KEEP_ALL.age() : olderThan);
    Instant now = Instant.now();
    for (ReportStore each : where.storeToChange().each()) {
      surplus.addAll(
          limits.surplus(each.all().stream().filter(at -> !isWritten(at, now)).toList(), now));
    }
    return remove(surplus) ? 0 : 1;
  }

  private static boolean isWritten(StoredReport report, Instant now) {
    StoredReport.Content content = report.content();
    return (!report.isFinished() || content.hasUnfinishedFiles())
        && content.lastChange().isAfter(now.minus(BEING_WRITTEN));
  }

  /** Goes on after a failure. */
  private boolean remove(List<StoredReport> surplus) {
    List<StoredReport> removed = new ArrayList<>();
    long bytes = 0;
    for (StoredReport report : surplus) {
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
        spec.commandLine()
            .getErr()
            .println("jmortem: " + report.path() + " was not removed: " + IoErrorText.of(e));
      }
    }
    tell(removed, bytes);
    return removed.size() == surplus.size();
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
      long seconds = AgentOptions.seconds(value);
      if (seconds < 0) {
        throw new TypeConversionException("'" + value + "' is not an age; examples: 12h, 30d");
      }
      return Duration.ofSeconds(seconds);
    }
  }

  /** {@code 500K}, {@code 200M}, {@code 1G}, or bytes. */
  static final class Size implements ITypeConverter<Long> {

    /** For picocli. */
    Size() {}

    @Override
    public Long convert(String value) {
      long bytes = AgentOptions.bytes(value);
      if (bytes < 0) {
        throw new TypeConversionException("'" + value + "' is not a size; examples: 200M, 1G");
      }
      return bytes;
    }
  }
}
