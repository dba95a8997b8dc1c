// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.util.List;

/**
 * What the helper says to its configuration: {@code armed LEVEL PID} or {@code failed WHY}
 * (answer.h).
 *
 * @param level {@code full}, {@code memory}, {@code kernel} or {@code agent}; {@code none} where it
 *     has failed
 * @param helperPid of the process that watches now; empty where it has failed
 * @param why it has failed; empty where it has not
 */
public record HelperAnswer(String level, String helperPid, String why) {

  private static final String ARMED = "armed ";
  private static final String FAILED = "failed ";
  private static final List<String> LEVELS = List.of("full", "memory", "kernel", "agent");

  /** As long as the helper's own reasons may be (answer.c). */
  private static final int MAX_WHY = 1000;

  /**
   * Of its line. Nothing else is believed than what the helper says: an attach reads the line in
   * the properties of a JVM that may not be one.
   *
   * @param line null where there was none
   */
  public static HelperAnswer parse(String line) {
    if (line == null) {
      return failed("the helper ended without an answer");
    }
    String start = line.substring(0, Math.min(line.length(), FAILED.length() + MAX_WHY));
    int space = start.lastIndexOf(' ');
    if (start.startsWith(ARMED) && space > ARMED.length()) {
      String level = start.substring(ARMED.length(), space);
      String pid = start.substring(space + 1);
      if (LEVELS.contains(level) && isPid(pid)) {
        return new HelperAnswer(level, pid, "");
      }
    }
    return failed(
        start.startsWith(FAILED)
            ? Stderr.printable(start.substring(FAILED.length()))
            : "this is no answer of the helper's: "
                + Stderr.printable(start.substring(0, Math.min(start.length(), 80))));
  }

  private static boolean isPid(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return !text.isEmpty() && text.length() <= 10;
  }

  /** As if the helper had said it. */
  static HelperAnswer failed(String why) {
    return new HelperAnswer("none", "", why);
  }

  /** Whether the JVM is watched now. */
  public boolean isArmed() {
    return !helperPid.isEmpty();
  }

  /** As the line was. */
  @Override
  public String toString() {
    return isArmed() ? ARMED + level + " " + helperPid : FAILED + why;
  }
}
