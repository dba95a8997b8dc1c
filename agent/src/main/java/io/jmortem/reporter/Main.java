// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.report.Report;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The reporter's process. Waits for its standard input to end, by which time all evidence is on
 * disk; if a path comes, the evidence is there now. Prints one line on stderr, which is the dead
 * JVM's.
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
      String moved = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
      Optional<Reporter.Result> result =
          Reporter.report(Path.of(moved.isEmpty() ? arguments[0] : moved));
      result.ifPresent(made -> System.err.print(line(made)));
      return 0;
    } catch (IOException | RuntimeException e) {
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
