// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

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

  /**
   * Of its line.
   *
   * @param line null where there was none
   */
  public static HelperAnswer parse(String line) {
    if (line == null) {
      return failed("the helper ended without an answer");
    }
    int space = line.lastIndexOf(' ');
    if (line.startsWith(ARMED) && space > ARMED.length()) {
      return new HelperAnswer(line.substring(ARMED.length(), space), line.substring(space + 1), "");
    }
    return failed(line.startsWith(FAILED) ? line.substring(FAILED.length()) : line);
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
