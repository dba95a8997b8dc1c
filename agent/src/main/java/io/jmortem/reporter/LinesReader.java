// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Reads UTF-8 text line by line; each line is a reader of its own, which ends like a file. */
final class LinesReader extends Reader {

  private final Reader reader;
  private final int maxLine;
  private final char[] buffer = new char[16 * 1024];
  private int from; // bounds of the text in the buffer
  private int to;
  private int read; // characters read of the line
  private boolean hasEnded;
  private boolean isTooLong;
  private boolean isBlank;

  /**
   * @param maxLine longer lines are cut off here
   */
  LinesReader(InputStream stream, int maxLine) {
    this.reader =
        new InputStreamReader(
            stream,
            StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE));
    this.maxLine = maxLine;
  }

  /** Moves to the next line; false if there is none. The previous one must have been read. */
  boolean next() throws IOException {
    read = 0;
    hasEnded = false;
    isTooLong = false;
    isBlank = true;
    return from < to || fill();
  }

  private boolean fill() throws IOException {
    from = 0;
    to = Math.max(0, reader.read(buffer, 0, buffer.length));
    return to > 0;
  }

  @Override
  public int read(char[] text, int offset, int length) throws IOException {
    if (hasEnded || (from == to && !fill())) {
      hasEnded = true;
      return -1;
    }
    int most = Math.min(length, Math.min(to - from, maxLine - read));
    int n = 0;
    while (n < most && buffer[from + n] != '\n') {
      isBlank &= buffer[from + n] <= ' ';
      text[offset + n] = buffer[from + n];
      n++;
    }
    from += n;
    read += n;
    if (n < most) {
      from++;
      hasEnded = true;
    } else if (read == maxLine && length > n) {
      isTooLong = true;
      hasEnded = true;
    }
    return n == 0 && hasEnded ? -1 : n;
  }

  /** Moves to the end of the line; returns whether the line was too long. */
  boolean skipRest() throws IOException {
    boolean isEnd = hasEnded && !isTooLong;
    while (!isEnd && (from < to || fill())) {
      char c = buffer[from++];
      isBlank &= c <= ' ';
      isEnd = c == '\n';
    }
    hasEnded = true;
    return isTooLong;
  }

  /** Whether the line is blank. */
  boolean isBlank() {
    return isBlank;
  }

  @Override
  public void close() {
    // closes only the line; the stream belongs to the caller
  }
}
