// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.cli.demo.CrashingShop;
import io.jmortem.report.TerminalWriter;
import io.jmortem.store.ReportStore;
import io.jmortem.store.StoredReport;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Starts a JVM, crashes it, and shows its report. */
@Command(
    name = "demo",
    description = "Starts a JVM, crashes it, and prints the first screen of its report.",
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {

  private static final int FIRST_SCREEN = 24;
  private static final long MAX_FILE = 256L << 20;

  @Spec private CommandSpec spec;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Directory for the report (default: ${DEFAULT-VALUE}).",
      defaultValue = "jmortem-reports")
  private Path dir;

  @Option(names = "--json", description = "Print report.json instead.")
  private boolean json;

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintWriter progress = spec.commandLine().getErr();
    Progress.print(progress, "Starting a JVM with -javaagent, which then crashes ...");
    try (ChildJvm shop = ChildJvm.inNewDirectory()) {
      return run(shop, progress);
    }
  }

  private Integer run(ChildJvm shop, PrintWriter progress)
      throws IOException, InterruptedException {
    Path reports = dir.toAbsolutePath();
    Optional<StoredReport> before = newest(reports);
    int status = shop.run("dir=" + reports + ",snapshot=500ms", CrashingShop.class);
    Optional<StoredReport> report =
        newest(reports).filter(each -> before.isEmpty() || !each.id().equals(before.get().id()));
    if (report.isEmpty()) {
      report = shop.reportOfDaemon();
    }
    if (report.isEmpty()) {
      progress.println(
          "The JVM ended with status "
              + status
              + ", but there is no report in "
              + reports
              + ". Its output:");
      progress.println(shop.output());
      return 1;
    }
    progress.println("The JVM ended with status " + status + ". The first screen of its report:");
    progress.println();
    show(report.get());
    progress.println("The whole report: " + report.get().path());
    return 0;
  }

  private static Optional<StoredReport> newest(Path reports) throws IOException {
    return ReportStore.in(reports).finished().stream().findFirst();
  }

  private void show(StoredReport report) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    String name = json ? "report.json" : "report.txt";
    try (BufferedReader file =
        new BufferedReader(
            new InputStreamReader(report.read(name, MAX_FILE), StandardCharsets.UTF_8))) {
      if (json) {
        file.transferTo(TerminalWriter.ofJson(out));
      } else {
        file.lines().limit(FIRST_SCREEN).takeWhile(line -> !line.isEmpty()).forEach(out::println);
        out.println();
      }
    }
    out.flush();
  }
}
