// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.store.ReportStore;
import io.jmortem.store.ReportSummary;
import io.jmortem.store.StoredReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists the reports. */
@Command(
    name = "list",
    description = {"Lists the reports, newest last.", "The exit status is 1 if there are none."},
    footer = {
      "",
      "Examples:",
      "  jmortem list",
      "  jmortem list --dir /var/crash --json | jq '.[].category'"
    },
    mixinStandardHelpOptions = true)
final class ListCommand implements Callable<Integer> {

  private static final DateTimeFormatter LOCAL_TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withZone(ZoneId.systemDefault());

  @Spec private CommandSpec spec;

  @Mixin private StoreOptions where;

  @Option(names = "--json", description = "Print an array of objects.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    ReportStore store = where.storeWithAllMade(spec);
    List<StoredReport> reports = new ArrayList<>(store.all());
    Collections.reverse(reports);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Json.pretty(reports.stream().map(ListCommand::fields).toList()));
    } else if (reports.isEmpty()) {
      spec.commandLine()
          .getErr()
          .println("jmortem: no reports in " + PathList.joined(store.directories()));
    } else {
      print(reports, out);
    }
    out.flush();
    return reports.isEmpty() ? 1 : 0;
  }

  private static Map<String, Object> fields(StoredReport report) {
    ReportSummary summary = report.summary();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("id", report.id());
    fields.put(
        "timestamp",
        summary.timestamp().isEmpty() ? report.time().toString() : summary.timestamp());
    fields.put("process.pid", report.pid());
    fields.put("finished", report.isFinished());
    fields.put("category", summary.category());
    fields.put("confidence", summary.confidence());
    fields.put("summary", summary.summary());
    fields.put("fingerprint", summary.fingerprint());
    fields.put("size", report.content().size());
    fields.put("path", report.path().toString());
    return fields;
  }

  private static void print(List<StoredReport> reports, PrintWriter out) {
    int idWidth = reports.stream().mapToInt(each -> each.id().length()).max().orElse(0);
    String format = "%-19s  %7s  %-12s  %-" + idWidth + "s  %s%n";
    out.printf(format, "TIME", "PID", "VERDICT", "ID", "WHY");
    for (StoredReport report : reports) {
      ReportSummary summary = report.summary();
      out.printf(
          format,
          LOCAL_TIME.format(report.time()),
          report.pid(),
          report.isFinished() ? summary.category() : "(unfinished)",
          report.id(),
          summary.summary());
    }
  }
}
