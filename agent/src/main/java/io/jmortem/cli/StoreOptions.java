// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.reporter.UnfinishedReports;
import io.jmortem.store.ReportStore;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The option that selects the directory of reports. */
final class StoreOptions {

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description =
          "Directory of the reports (default: jmortem-reports in the working directory, those of this"
              + " user in the temporary directory and /dev/shm, and in /var/lib/jmortem what"
              + " `daemon` has written of this user's JVMs, for root of all).")
  private @Nullable Path dir;

  /** For picocli. */
  StoreOptions() {}

  private ReportStore store() {
    return dir == null ? ReportStore.byDefault() : ReportStore.in(dir.toAbsolutePath());
  }

  /** Without the reports that this user can only read, unless the directory was given. */
  ReportStore storeToChange() {
    return dir == null ? ReportStore.toChangeByDefault() : store();
  }

  /** First makes the reports that could not be made when their processes died. */
  ReportStore storeWithAllMade(CommandSpec spec) throws IOException {
    ReportStore store = store();
    int made = UnfinishedReports.finish(store);
    if (made > 0) {
      spec.commandLine()
          .getErr()
          .println(
              "jmortem: "
                  + (made == 1 ? "1 report" : made + " reports")
                  + " could not be made when the process died; made now from saved evidence");
    }
    return store;
  }
}
