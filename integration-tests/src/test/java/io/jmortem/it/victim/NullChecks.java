// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it.victim;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * For each line on standard input, catches so many NullPointerExceptions of compiled code, and
 * prints the CPU time of one in ns. Without lines, it waits.
 */
public final class NullChecks {

  private static final int TIMES = 20_000;

  private NullChecks() {}

  /** Ends with its standard input. */
  public static void main(String[] arguments) throws IOException {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    System.out.println("started");
    while (lines.readLine() != null) {
      long start = threads.getCurrentThreadCpuTime();
      int caught = 0;
      for (int i = 0; i < TIMES; i++) {
        caught += fails(null);
      }
      double each = (double) (threads.getCurrentThreadCpuTime() - start) / caught;
      System.out.printf(Locale.ROOT, "%.1f%n", each);
    }
  }

  @SuppressWarnings({"NullAway", "CatchingUnchecked"})
  private static int fails(@Nullable String text) {
    try {
      return text.length();
    } catch (NullPointerException e) {
      return 1;
    }
  }
}
