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

  /** The exit status if another run would make more reports. */
  private static final int HAS_MORE = 4;

  private Finisher() {}

  /** Takes the path of a directory of reports. */
  public static void main(String[] arguments) {
    int made = 0;
    try {
      made = UnfinishedReports.finish(ReportStore.in(Path.of(arguments[0])));
    } catch (IOException | RuntimeException e) {
      System.exit(1); // nobody listens; `jmortem list` tries again, and says why
    }
    if (made == UnfinishedReports.MOST) {
      System.exit(HAS_MORE);
    }
  }
}
