// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.evidence.Evidence;
import io.jmortem.report.TerminalText;
import io.jmortem.store.ReportDirectory;
import io.jmortem.store.Retention;
import java.io.IOException;

/**
 * Removes surplus reports beside one that the helper has just published. The reporter does this
 * itself where it may write to the directory above.
 *
 * <p>It has the reporter's descriptors ({@link Main}). Its arguments are the path of the published
 * report's directory, and the reporter's options.
 */
public final class Keeper {

  private Keeper() {}

  /** Takes the path of the report's directory, and {@code key=value} lines. */
  public static void main(String[] arguments) {
    if (arguments.length != 2) {
      System.err.println("usage: keeper DIRECTORY OPTIONS (started by the helper)");
      System.exit(2);
      return;
    }
    try (ReportDirectory directory =
        ReportDirectory.ofDescriptors(arguments[0], Main.DIRECTORY, Main.PARENT)) {
      directory.keep(Retention.of(key -> Evidence.reportOption(arguments[1], key)));
    } catch (IOException e) {
      System.err.println(
          "jmortem: surplus reports could not be removed: " + TerminalText.line(e.toString()));
      System.exit(1);
    }
  }
}
