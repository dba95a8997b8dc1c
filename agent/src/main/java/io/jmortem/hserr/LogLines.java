// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import java.io.IOException;
import java.io.Reader;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A log line by line, of which the next few may be looked at beforehand. What a line has beyond
 * {@link #MAX_LENGTH} is left out: no log's memory is more than a few lines.
 */
final class LogLines {

  /** Characters. HotSpot's own lines have 2000, those with the VM's arguments any number. */
  static final int MAX_LENGTH = 256 * 1024;

  /** Behind what was cut off. */
  static final String CUT = "...";

  private final Reader reader;
  private final char[] buffer = new char[16 * 1024];
  private int from; // what is in the buffer
  private int to;
  private boolean skipsLineFeed; // behind a carriage return

  /** Lines that were looked at beforehand. */
  private final Deque<Line> ahead = new ArrayDeque<>();

  /**
   * A line without its line break.
   *
   * @param isTruncated whether the text ended within it: its last word may be the half of one
   */
  record Line(String text, boolean isTruncated) {}

  /** What is there of a line that was cut off: it ends in the middle, perhaps of a character. */
  static String marked(String text) {
    return (text.endsWith("\uFFFD") ? text.substring(0, text.length() - 1) : text) + CUT;
  }

  LogLines(Reader reader) {
    this.reader = reader;
  }

  /** The next line; null if there is none. */
  Line next() throws IOException {
    return ahead.isEmpty() ? read() : ahead.poll();
  }

  /** One of the lines behind it, the first of which is 0; null if there is none. */
  Line peek(int index) throws IOException {
    while (ahead.size() <= index) {
      Line line = read();
      if (line == null) {
        return null;
      }
      ahead.add(line);
    }
    return ahead.stream().skip(index).findFirst().orElse(null);
  }

  private Line read() throws IOException {
    StringBuilder start = null; // of a line that goes on behind the buffer
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
              ? new String(buffer, from, end - from) // the buffer is shorter than any bound
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
