// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.report.TerminalWriter;
import io.jmortem.store.ReportStore;
import io.jmortem.store.StoredReport;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints a report. */
@Command(
    name = "show",
    description =
        "Prints a report: the newest, or one that is given by pid, id, or start of an" + " id.",
    footer = {
      "",
      "The exit status is 1 if there is no such report.",
      "",
      "Examples:",
      "  jmortem show                  the newest report",
      "  jmortem show 4711             the newest report of process 4711",
      "  jmortem show 20261120T1733    the report whose id starts with this",
      "  jmortem show --json | jq .diagnosis"
    },
    mixinStandardHelpOptions = true)
final class ShowCommand implements Callable<Integer> {

  private static final String LATEST = "latest";
  private static final long MAX_FILE = 256L << 20;

  @Spec private CommandSpec spec;

  @Mixin private StoreOptions where;

  @Parameters(
      paramLabel = "ID|PID|latest",
      arity = "0..1",
      defaultValue = LATEST,
      description = "Which report (default: the newest).")
  private String which;

  @Option(names = "--json", description = "Print report.json.")
  private boolean json;

  @Option(names = "--path", description = "Print only the path of the report's directory.")
  private boolean path;

  @Override
  public Integer call() throws IOException {
    ReportStore store = where.storeWithAllMade(spec);
    StoredReport report = find(store.finished(), store);
    PrintWriter out = spec.commandLine().getOut();
    if (path) {
      out.println(report.path());
    } else {
      print(
          report,
          json ? "report.json" : "report.txt",
          json ? TerminalWriter.ofJson(out) : TerminalWriter.ofText(out));
    }
    out.flush();
    return 0;
  }

  private StoredReport find(List<StoredReport> reports, ReportStore store) throws UserError {
    Optional<StoredReport> found =
        which.equals(LATEST)
            ? reports.stream().findFirst()
            : reports.stream().filter(each -> Long.toString(each.pid()).equals(which)).findFirst();
    List<StoredReport> byId = reports.stream().filter(each -> each.id().startsWith(which)).toList();
    if (found.isEmpty() && byId.size() > 1) {
      throw new UserError(
          byId.size() + " reports have an id that starts with " + which + "; run `jmortem list`");
    }
    return found
        .or(() -> byId.stream().findFirst())
        .orElseThrow(
            () ->
                new UserError(
                    (which.equals(LATEST) ? "no report" : "no report " + which)
                        + " in "
                        + PathList.joined(store.directories())));
  }

  private static void print(StoredReport report, String name, Writer to) throws IOException {
    try (Reader file = new InputStreamReader(report.read(name, MAX_FILE), StandardCharsets.UTF_8)) {
      file.transferTo(to);
    } catch (NoSuchFileException e) {
      throw new UserError(
          report.path().resolve(name)
              + " is missing; to make it again, run: jmortem rebuild "
              + report.path(),
          e);
    }
  }
}
