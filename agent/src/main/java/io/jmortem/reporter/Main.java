// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.report.Report;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The reporter's process, started when all evidence is on disk. Prints one line on stderr, which is
 * the dead JVM's.
 */
public final class Main {

  private Main() {}

  /** Takes the report's directory. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  private static int run(String[] arguments) {
    if (arguments.length != 1) {
      System.err.println("usage: reporter DIRECTORY (started by the helper)");
      return 2;
    }
    try {
      Optional<Reporter.Result> result = Reporter.report(Path.of(arguments[0]));
      result.ifPresent(made -> System.err.print(line(made)));
      return 0;
    } catch (Throwable e) { // out of memory, too: the helper then names the evidence
      System.err.println("jmortem: the report could not be made: " + e);
      return 1;
    }
  }

  /** The last line: {@code jmortem: <verdict> -> <path>}. */
  static String line(Reporter.Result result) {
    Report.Diagnosis diagnosis = result.report().diagnosis();
    String summary = diagnosis.category() + ", " + diagnosis.summary();
    return "jmortem: " + summary.replaceAll("\\p{Cntrl}", "?") + " -> " + result.directory() + "\n";
  }
}
