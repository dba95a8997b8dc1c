// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The layout of {@code report.txt}: lines of plain ASCII, at most 100 columns wide. Sections have a
 * heading and indented lines; the first screen has keys in a column and values beside them.
 */
final class TextLayout {

  private static final int WIDTH = 100;

  /** The width of the column of keys. */
  static final int KEY = 10;

  private final StringBuilder text = new StringBuilder();

  /** Adds a line that is formatted already. */
  void add(String line) {
    text.append(line).append('\n');
  }

  void heading(String title) {
    text.append('\n').append(title).append('\n');
  }

  void line(String line) {
    text.append(cut("  " + line)).append('\n');
  }

  /** Adds a paragraph with as many lines as needed. */
  void paragraph(String words) {
    StringBuilder line = new StringBuilder();
    for (String word : words.split(" ", -1)) {
      if (line.length() + word.length() > WIDTH - 6 && line.length() > 0) {
        line(line.toString());
        line.setLength(0);
        line.append("   ");
      }
      line.append(line.length() == 0 ? "" : " ").append(word);
    }
    line(line.toString());
  }

  /** Adds a section with one line for each element; nothing if there are none. */
  void list(String title, @Nullable List<String> lines) {
    if (lines == null || lines.isEmpty()) {
      return;
    }
    heading(title);
    lines.forEach(this::line);
  }

  /** Adds a section with one line for each entry; nothing if there are none. */
  void keysAndValues(String title, @Nullable Map<String, ?> values) {
    if (values == null || values.isEmpty()) {
      return;
    }
    heading(title);
    values.forEach((key, value) -> line(String.format(Locale.ROOT, "%-28s%s", key, value)));
  }

  /** Adds a key in its column, and the value next to it on at most this many lines. */
  static void key(List<String> lines, String key, @Nullable String value, int most) {
    if (value == null || value.isEmpty()) {
      return;
    }
    String rest = ascii(value);
    String indent = String.format(Locale.ROOT, "%-" + KEY + "s", key);
    for (int i = 1; i < most && rest.length() > WIDTH - KEY; i++) {
      int space = rest.lastIndexOf(' ', WIDTH - KEY);
      int end = space > WIDTH / 2 ? space : WIDTH - KEY;
      lines.add(indent + rest.substring(0, end));
      rest = rest.substring(end).stripLeading();
      indent = " ".repeat(KEY);
    }
    lines.add(cut(indent + rest));
  }

  /** Cuts a line to the width. */
  static String cut(String line) {
    String whole = ascii(line).stripTrailing();
    return whole.length() <= WIDTH ? whole : whole.substring(0, WIDTH - 3) + "...";
  }

  /** Replaces control characters, which names in the JVM may hold. */
  private static String ascii(String text) {
    StringBuilder ascii = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ') {
        ascii.append(' ');
      } else {
        ascii.append(c < 0x7f ? c : '?');
      }
    }
    return ascii.toString();
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
