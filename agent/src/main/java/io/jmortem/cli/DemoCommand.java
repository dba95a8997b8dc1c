// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.cli.demo.CrashingShop;
import io.jmortem.store.ReportStore;
import io.jmortem.store.StoredReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Crashes a JVM of its own and shows the report. */
@Command(
    name = "demo",
    description = "Crashes a JVM of its own and shows the report.",
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {

  private static final int FIRST_SCREEN = 24;

  @Spec private CommandSpec spec;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Where the report goes (default: ${DEFAULT-VALUE}).",
      defaultValue = "jmortem-reports")
  private Path dir;

  @Option(names = "--json", description = "Print report.json instead.")
  private boolean json;

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintWriter progress = spec.commandLine().getErr();
    Progress.tell(progress, "Starting a JVM with -javaagent, and letting it crash ...");
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
      progress.println("It ended with status " + status + ", but no report is in " + reports + ":");
      progress.println(shop.output());
      return 1;
    }
    progress.println("It ended with status " + status + ". The first screen of its report:");
    progress.println();
    show(report.get().path());
    progress.println("The whole report: " + report.get().path());
    return 0;
  }

  private static Optional<StoredReport> newest(Path reports) throws IOException {
    return ReportStore.in(reports).finished().stream().findFirst();
  }

  private void show(Path report) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.print(Files.readString(report.resolve("report.json")));
    } else {
      try (Stream<String> lines = Files.lines(report.resolve("report.txt"))) {
        lines.limit(FIRST_SCREEN).takeWhile(line -> !line.isEmpty()).forEach(out::println);
      }
      out.println();
    }
    out.flush();
  }
}
