// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

/**
 * Text that somebody else has chosen, made harmless for a terminal, which obeys what it is shown.
 */
public final class TerminalText {

  private TerminalText() {}

  /** Control characters, C1 among them; what turns the direction of text around; line ends. */
  static boolean isObeyed(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }

  /** In one line. */
  public static String line(String text) {
    return harmless(text, false);
  }

  /** In one line, of a length that a terminal shows. */
  public static String line(String text, int maxLength) {
    return line(
        text.length() <= maxLength ? text : text.substring(0, Math.max(maxLength - 3, 0)) + "...");
  }

  /** Line breaks and tabs stay. */
  public static String lines(String text) {
    return harmless(text, true);
  }

  private static String harmless(String text, boolean isManyLines) {
    StringBuilder harmless = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              boolean isLayout = isManyLines && (c == '\n' || c == '\t');
              harmless.appendCodePoint(isObeyed(c) && !isLayout ? '?' : c);
            });
    return harmless.toString();
  }
}
