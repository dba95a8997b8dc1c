// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.report.Report;
import io.jmortem.report.TerminalText;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The reporter's process, started when all evidence is on disk. Prints one line on stderr, which is
 * the dead JVM's.
 */
public final class Main {

  /** What the helper has open for us of the dead process: reporter.c. */
  private static final Path ROOT = Path.of("/proc/self/fd/3");

  private static final Path WORKING_DIRECTORY = Path.of("/proc/self/fd/4");

  private Main() {}

  /** Takes the report's directory; and a word, if the process's directories are open. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  private static int run(String[] arguments) {
    if (arguments.length != 1 && arguments.length != 2) {
      System.err.println("usage: reporter DIRECTORY [DESCRIPTORS] (started by the helper)");
      return 2;
    }
    boolean hasDescriptors = arguments.length == 2;
    try {
      Optional<Reporter.Result> result =
          Reporter.report(
              Path.of(arguments[0]),
              hasDescriptors ? ROOT : Path.of("/"),
              hasDescriptors ? WORKING_DIRECTORY : null);
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
    return "jmortem: " + TerminalText.line(summary) + " -> " + result.directory() + "\n";
  }
}
