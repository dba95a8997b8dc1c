// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

/**
 * Text that somebody else has chosen, made harmless for a terminal, which obeys what it is shown.
 */
public final class TerminalText {

  /** Control characters, C1 among them; what turns the direction of text around; line ends. */
  private static final String OBEYED = "[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]";

  private TerminalText() {}

  /** In one line. */
  public static String line(String text) {
    return text.replaceAll(OBEYED, "?");
  }

  /** Line breaks and tabs stay. */
  public static String lines(String text) {
    return text.replaceAll("(?![\n\t])" + OBEYED, "?");
  }
}
