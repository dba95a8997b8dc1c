// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.report.Report;
import io.jmortem.report.TerminalText;
import io.jmortem.store.ReportDirectory;
import io.jmortem.store.UnwritableException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The reporter's process. The helper starts it when all evidence is on disk. It prints one line on
 * stderr, which is the stderr of the dead JVM.
 *
 * <p>The helper ({@code reporter.c}) passes open descriptors, so the reporter follows no path:
 *
 * <ul>
 *   <li>0: a socket that serves files of the dead process ({@link io.jmortem.proc.ServedFiles}), or
 *       {@code /dev/null} if there are none
 *   <li>3: the report's directory
 *   <li>4: the parent of that directory; or {@code /dev/null} if the helper publishes the report.
 *       Then the line goes to standard output, and the helper repeats it
 * </ul>
 *
 * <p>Its only argument is the path of the report's directory, which is used for messages and for
 * the id (the last name in the path). Its exit status is
 *
 * <ul>
 *   <li>0: the report is published; or there was nothing to report, and the directory is removed
 *   <li>1: the reporter failed
 *   <li>3: the directory can't be written, for instance because the disk is full. It then holds
 *       only the evidence, which the helper has in memory, too; the helper tries another directory
 * </ul>
 */
public final class Main {

  static final Path DIRECTORY = Path.of("/proc/self/fd/3");
  static final Path PARENT = Path.of("/proc/self/fd/4");

  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final int UNWRITABLE = 3;

  private Main() {}

  /** Takes the path of the report's directory. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  @SuppressWarnings("resource") // descriptors that the process inherited
  private static int run(String[] arguments) {
    if (arguments.length != 1) {
      System.err.println("usage: reporter DIRECTORY (started by the helper)");
      return USAGE;
    }
    // the end of the process closes the socket: for a standard descriptor that is closed the JDK
    // opens /dev/null, which may be missing
    FileInputStream in = new FileInputStream(FileDescriptor.in);
    FileOutputStream out = new FileOutputStream(FileDescriptor.in);
    boolean publishes = Files.isDirectory(PARENT);
    try (ReportDirectory directory =
        publishes
            ? ReportDirectory.ofDescriptors(arguments[0], DIRECTORY, PARENT)
            : ReportDirectory.ofDescriptor(arguments[0], DIRECTORY)) {
      Optional<Reporter.Result> result = Reporter.report(directory, in, out);
      if (publishes) {
        result.ifPresent(made -> System.err.print("jmortem: " + line(made)));
        result.map(Reporter.Result::retention).ifPresent(directory::keep);
      } else if (result.isPresent()) {
        new FileOutputStream(FileDescriptor.out)
            .write(line(result.get()).getBytes(StandardCharsets.UTF_8));
      }
      return 0;
    } catch (UnwritableException e) {
      System.err.println("jmortem: " + TerminalText.line(String.valueOf(e.getMessage())));
      return UNWRITABLE;
    } catch (Throwable e) { // also OutOfMemoryError: the helper then names the evidence
      System.err.println(
          "jmortem: the report could not be made: " + TerminalText.line(e.toString()));
      return FAILED;
    }
  }

  /** The last line: {@code <verdict> -> <path>}. */
  static String line(Reporter.Result result) {
    Report.Diagnosis diagnosis = result.report().diagnosis();
    String summary = diagnosis.category() + ", " + diagnosis.summary();
    return TerminalText.line(summary + " -> " + result.directory()) + "\n";
  }
}
