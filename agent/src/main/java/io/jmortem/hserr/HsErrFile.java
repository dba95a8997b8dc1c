// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;

/** A log, read once: so the shown text and the copy are the same. */
public final class HsErrFile {

  /** HotSpot writes some MiB if there are thousands of threads. */
  private static final int MAX_CONTENT = 64 << 20;

  /** The rest is copied, but not parsed: the reporter has little memory. */
  private static final int MAX_PARSED = 32 << 20;

  private static final int MAX_LINES = 500_000;

  private final String named;
  private final byte[] content;
  private final boolean isTruncated;
  private final HsErrLog log;

  private HsErrFile(String named, byte[] content, boolean isTruncated, HsErrLog log) {
    this.named = named;
    this.content = content;
    this.isTruncated = isTruncated;
    this.log = log;
  }

  /**
   * Reads a log to its end, or to the limit.
   *
   * @param isTruncated whether the stream is known to end before the file
   */
  public static HsErrFile read(String named, InputStream stream, boolean isTruncated)
      throws IOException {
    byte[] content = stream.readNBytes(MAX_CONTENT);
    boolean isLonger = content.length == MAX_CONTENT && stream.read() >= 0;
    int parsed = lengthOf(content);
    return new HsErrFile(
        named,
        content,
        isTruncated || isLonger,
        HsErrParser.parse(
            new InputStreamReader(
                new ByteArrayInputStream(content, 0, parsed), StandardCharsets.UTF_8)));
  }

  /** The path at which it was found. */
  public String named() {
    return named;
  }

  /** The size of its content, at most 64 MiB. */
  public int size() {
    return content.length;
  }

  /** Its content, from the beginning. */
  public Reader reader() {
    return new InputStreamReader(new ByteArrayInputStream(content), StandardCharsets.UTF_8);
  }

  /** Whether the file is longer. */
  public boolean isTruncated() {
    return isTruncated;
  }

  /** The parsed log. */
  public HsErrLog log() {
    return log;
  }

  private static int lengthOf(byte[] content) {
    int lines = 0;
    int length = 0;
    while (length < content.length && length < MAX_PARSED && lines < MAX_LINES) {
      if (content[length++] == '\n') {
        lines++;
      }
    }
    return length;
  }
}
