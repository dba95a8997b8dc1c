// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.store.ReportStore;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The process that makes the reports of earlier deaths which lack one. A helper starts it ({@code
 * finisher.c}) when its own JVM has been armed for a while. Its only argument is their directory.
 */
public final class Finisher {

  private Finisher() {}

  /** Takes the path of a directory of reports. */
  public static void main(String[] arguments) {
    try {
      UnfinishedReports.finish(ReportStore.in(Path.of(arguments[0])));
    } catch (IOException | RuntimeException e) {
      System.exit(1); // nobody listens; `jmortem list` tries again, and says why
    }
  }
}
