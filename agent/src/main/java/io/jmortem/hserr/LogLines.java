// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import java.io.IOException;
import java.io.Reader;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Reads a log line by line, with a look-ahead of a few lines. Lines are cut at {@link #MAX_LENGTH},
 * so that only a few lines are in memory.
 */
final class LogLines {

  /** In characters. HotSpot's lines have at most 2000, except those with the VM's arguments. */
  static final int MAX_LENGTH = 256 * 1024;

  /** Marks text that was cut off. */
  static final String CUT = "...";

  private final Reader reader;
  private final char[] buffer = new char[16 * 1024];
  private int from; // bounds of the text in the buffer
  private int to;
  private boolean skipsLineFeed; // whether the last character was a carriage return

  /** Lines of the look-ahead. */
  private final Deque<Line> ahead = new ArrayDeque<>();

  /**
   * A line without its line break.
   *
   * @param isTruncated whether the text ended inside the line: its last word may be incomplete
   */
  record Line(String text, boolean isTruncated) {}

  /** The text of a line that was cut off, perhaps inside a character. */
  static String marked(String text) {
    return (text.endsWith("\uFFFD") ? text.substring(0, text.length() - 1) : text) + CUT;
  }

  LogLines(Reader reader) {
    this.reader = reader;
  }

  /** The next line; null if there is none. */
  @Nullable Line next() throws IOException {
    return ahead.isEmpty() ? read() : ahead.poll();
  }

  /** One of the following lines, counted from 0; null if there is none. */
  @Nullable Line peek(int index) throws IOException {
    while (ahead.size() <= index) {
      Line line = read();
      if (line == null) {
        return null;
      }
      ahead.add(line);
    }
    return ahead.stream().skip(index).findFirst().orElse(null);
  }

  private @Nullable Line read() throws IOException {
    StringBuilder start = null; // the beginning of a line that continues after the buffer
    while (true) {
      if (from == to && !fill()) {
        return start == null ? null : new Line(start.toString(), true);
      }
      if (skipsLineFeed && buffer[from] == '\n') {
        from++;
        skipsLineFeed = false;
        continue;
      }
      skipsLineFeed = false;
      int end = from;
      while (end < to && buffer[end] != '\n' && buffer[end] != '\r') {
        end++;
      }
      if (end == to) {
        start = append(start == null ? new StringBuilder() : start, end);
        from = end;
        continue;
      }
      String text =
          start == null
              ? new String(buffer, from, end - from) // the buffer is shorter than the bound
              : append(start == null ? new StringBuilder() : start, end).toString();
      skipsLineFeed = buffer[end] == '\r';
      from = end + 1;
      return new Line(text, false);
    }
  }

  private boolean fill() throws IOException {
    from = 0;
    to = Math.max(0, reader.read(buffer, 0, buffer.length));
    return to > 0;
  }

  private StringBuilder append(StringBuilder line, int end) {
    return line.append(buffer, from, Math.min(end - from, MAX_LENGTH - line.length()));
  }
}
