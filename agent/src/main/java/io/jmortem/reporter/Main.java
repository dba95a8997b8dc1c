// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.report.Report;
import io.jmortem.report.TerminalText;
import io.jmortem.store.ReportDirectory;
import io.jmortem.store.UnwritableException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The reporter's process, started when all evidence is on disk. Prints one line on stderr, which is
 * the dead JVM's.
 *
 * <p>The helper ({@code reporter.c}) gives it what it needs as open descriptors, and no path that
 * it would follow:
 *
 * <ul>
 *   <li>0: a socket, on which the dead process's files are served ({@link
 *       io.jmortem.proc.ServedFiles}); or {@code /dev/null}, where there are none
 *   <li>3: the report's directory
 *   <li>4: the directory that it is in
 * </ul>
 *
 * <p>Its one argument is the path of the report's directory, for messages and for the id, which is
 * its last name. It exits with
 *
 * <ul>
 *   <li>0: the report is published; or there was nothing to report, and the directory is removed
 *   <li>1: it has failed
 *   <li>3: nothing more can be written there, such as on a full disk. But for the evidence, which
 *       the helper has in memory, the directory is empty; the helper tries again in another place
 * </ul>
 */
public final class Main {

  private static final Path DIRECTORY = Path.of("/proc/self/fd/3");
  private static final Path PARENT = Path.of("/proc/self/fd/4");

  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final int UNWRITABLE = 3;

  private Main() {}

  /** Takes the path of the report's directory. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  private static int run(String[] arguments) {
    if (arguments.length != 1) {
      System.err.println("usage: reporter DIRECTORY (started by the helper)");
      return USAGE;
    }
    try (ReportDirectory directory =
            ReportDirectory.ofDescriptors(arguments[0], DIRECTORY, PARENT);
        FileInputStream in = new FileInputStream(FileDescriptor.in);
        FileOutputStream out = new FileOutputStream(FileDescriptor.in)) {
      Optional<Reporter.Result> result = Reporter.report(directory, in, out);
      result.ifPresent(made -> System.err.print(line(made)));
      return 0;
    } catch (UnwritableException e) {
      System.err.println("jmortem: " + TerminalText.line(String.valueOf(e.getMessage())));
      return UNWRITABLE;
    } catch (Throwable e) { // out of memory, too: the helper then names the evidence
      System.err.println(
          "jmortem: the report could not be made: " + TerminalText.line(e.toString()));
      return FAILED;
    }
  }

  /** The last line: {@code jmortem: <verdict> -> <path>}. */
  static String line(Reporter.Result result) {
    Report.Diagnosis diagnosis = result.report().diagnosis();
    String summary = diagnosis.category() + ", " + diagnosis.summary();
    return "jmortem: " + TerminalText.line(summary + " -> " + result.directory()) + "\n";
  }
}
