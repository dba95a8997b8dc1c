// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.reporter.UnfinishedReports;
import io.jmortem.store.ReportStore;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Which reports are meant. */
final class StoreOptions {

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description =
          "Where the reports are (default: jmortem-reports in the working directory, and this user's"
              + " in the temporary directory).")
  private Path dir;

  /** For picocli. */
  StoreOptions() {}

  ReportStore store() {
    return dir == null ? ReportStore.byDefault() : ReportStore.in(dir.toAbsolutePath());
  }

  /** The same, once the reports are made that could not be when their processes died. */
  ReportStore storeWithAllMade(CommandSpec spec) throws IOException {
    ReportStore store = store();
    int made = UnfinishedReports.finish(store);
    if (made > 0) {
      spec.commandLine()
          .getErr()
          .println(
              "jmortem: "
                  + (made == 1 ? "1 report" : made + " reports")
                  + " could not be made at the time, and "
                  + (made == 1 ? "is" : "are")
                  + " made now");
    }
    return store;
  }
}
