// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.store.HistoryLine;
import io.jmortem.store.ReportStore;
import io.jmortem.store.ReportSummary;
import io.jmortem.store.StoredReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists the reports. */
@Command(
    name = "list",
    description = {"Lists the reports, newest first.", "The exit status is 1 if there are none."},
    footer = {
      "",
      "Examples:",
      "  jmortem list",
      "  jmortem list --all",
      "  jmortem list --dir /var/crash --json | jq '.[].category'"
    },
    mixinStandardHelpOptions = true)
final class ListCommand implements Callable<Integer> {

  private static final DateTimeFormatter LOCAL_TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withZone(ZoneId.systemDefault());

  @Spec private CommandSpec spec;

  @Mixin private StoreOptions where;

  @Option(
      names = "--all",
      description =
          "Also list ends without a report, of which the daemon keeps a history: orderly ends, and"
              + " ends that it missed because it did not run.")
  private boolean all;

  @Option(names = "--json", description = "Print an array of objects.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    ReportStore store = where.storeWithAllMade(spec);
    List<Row> rows = new ArrayList<>(store.all().stream().map(Row::of).toList());
    if (all) {
      rows.addAll(store.history().stream().map(Row::of).toList());
      rows.sort(Comparator.comparing(Row::time).reversed());
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Json.pretty(rows.stream().map(row -> row.json().get()).toList()));
    } else if (rows.isEmpty()) {
      spec.commandLine()
          .getErr()
          .println("jmortem: no reports in " + PathList.joined(store.directories()));
    } else {
      print(rows, out);
    }
    out.flush();
    return rows.isEmpty() ? 1 : 0;
  }

  /**
   * A line of the table.
   *
   * @param json the same as an object
   */
  private record Row(
      Instant time,
      long pid,
      String verdict,
      String id,
      String why,
      Supplier<Map<String, Object>> json) {

    static Row of(StoredReport report) {
      ReportSummary summary = report.summary();
      return new Row(
          report.time(),
          report.pid(),
          report.isFinished() ? summary.category() : "(unfinished)",
          report.id(),
          summary.summary(),
          () -> fields(report, summary));
    }

    static Row of(HistoryLine line) {
      return new Row(line.time(), line.pid(), line.event(), "-", ended(line), () -> fields(line));
    }
  }

  private static String ended(HistoryLine line) {
    String name = line.name().isEmpty() ? "the JVM" : line.name();
    if (line.event().equals("missed")) {
      return name + " ended while it was not watched";
    }
    return line.status() == null ? name + " ended" : name + " ended with status " + line.status();
  }

  private static Map<String, Object> fields(HistoryLine line) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("timestamp", line.time().toString());
    fields.put("process.pid", line.pid());
    fields.put("event", line.event());
    if (line.status() != null) {
      fields.put("status", line.status());
    }
    fields.put("name", line.name());
    fields.put("process.linux.cgroup", line.cgroup());
    return fields;
  }

  private static Map<String, Object> fields(StoredReport report, ReportSummary summary) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("id", report.id());
    fields.put(
        "timestamp",
        summary.timestamp().isEmpty() ? report.time().toString() : summary.timestamp());
    fields.put("process.pid", report.pid());
    fields.put("identity", report.identity());
    fields.put("finished", report.isFinished());
    fields.put("category", summary.category());
    fields.put("confidence", summary.confidence());
    fields.put("summary", summary.summary());
    fields.put("fingerprint", summary.fingerprint());
    fields.put("size", report.content().size());
    fields.put("path", report.path().toString());
    return fields;
  }

  private static void print(List<Row> rows, PrintWriter out) {
    int idWidth = rows.stream().mapToInt(row -> row.id().length()).max().orElse(0);
    String format = "%-19s  %7s  %-12s  %-" + idWidth + "s  %s%n";
    out.printf(format, "TIME", "PID", "VERDICT", "ID", "WHY");
    for (Row row : rows) {
      out.printf(
          format, LOCAL_TIME.format(row.time()), row.pid(), row.verdict(), row.id(), row.why());
    }
  }
}
