// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

/** Makes foreign text harmless for a terminal, which executes control sequences. */
public final class TerminalText {

  private TerminalText() {}

  /** Control characters (C0 and C1), characters that change the text direction, and line ends. */
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

  /** Returns the text on one line. */
  public static String line(String text) {
    return harmless(text, false);
  }

  /** Returns the text on one line, cut to a length. */
  public static String line(String text, int maxLength) {
    return line(
        text.length() <= maxLength ? text : text.substring(0, Math.max(maxLength - 3, 0)) + "...");
  }

  /** Keeps line breaks and tabs. */
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
