// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

import java.io.FilterWriter;
import java.io.IOException;
import java.io.Writer;
import java.util.Locale;

/**
 * A writer that makes text harmless for a terminal. Of all control characters, it keeps only line
 * breaks and tabs. In JSON, it writes the others as escapes, which mean the same characters.
 */
public final class TerminalWriter extends FilterWriter {

  private final boolean isJson;

  /** A high surrogate whose low surrogate has not come yet; 0: none. */
  private char half;

  private TerminalWriter(Writer out, boolean isJson) {
    super(out);
    this.isJson = isJson;
  }

  /** For text: replaces control characters by question marks. */
  public static TerminalWriter ofText(Writer out) {
    return new TerminalWriter(out, false);
  }

  /** For JSON: replaces control characters by escapes. */
  public static TerminalWriter ofJson(Writer out) {
    return new TerminalWriter(out, true);
  }

  @Override
  public void write(int c) throws IOException {
    write(new char[] {(char) c}, 0, 1);
  }

  @Override
  public void write(String text, int offset, int length) throws IOException {
    write(text.toCharArray(), offset, length);
  }

  @Override
  public void write(char[] text, int offset, int length) throws IOException {
    StringBuilder harmless = new StringBuilder(length);
    for (int i = offset; i < offset + length; i++) {
      char c = text[i];
      if (half != 0 && Character.isLowSurrogate(c)) {
        append(harmless, Character.toCodePoint(half, c));
        half = 0;
        continue;
      }
      flushHalf(harmless);
      if (Character.isHighSurrogate(c)) {
        half = c;
      } else {
        append(harmless, c);
      }
    }
    out.append(harmless);
  }

  /** A surrogate without its other half can't be shown. */
  private void flushHalf(StringBuilder to) {
    if (half != 0) {
      append(to, half);
      half = 0;
    }
  }

  private void append(StringBuilder to, int codePoint) {
    if (codePoint == '\n' || codePoint == '\t' || !TerminalText.isObeyed(codePoint)) {
      to.appendCodePoint(codePoint);
    } else if (!isJson) {
      to.append('?');
    } else if (codePoint == '\r') {
      to.append(' '); // only between values: inside values it is escaped already
    } else {
      for (char c : Character.toChars(codePoint)) {
        to.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      }
    }
  }

  @Override
  public void close() throws IOException {
    StringBuilder rest = new StringBuilder();
    flushHalf(rest);
    out.append(rest);
    out.close();
  }
}
