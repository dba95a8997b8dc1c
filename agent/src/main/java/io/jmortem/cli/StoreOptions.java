// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.store.ReportStore;
import java.nio.file.Path;
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
}
