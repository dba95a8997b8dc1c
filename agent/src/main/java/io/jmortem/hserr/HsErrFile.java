// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** A log as it was read, once: what is shown of it and what is copied is the same. */
public final class HsErrFile {

  /** HotSpot writes some MiB where there are thousands of threads. */
  private static final int MAX_CONTENT = 64 << 20;

  /** What is beyond is copied, but not looked at: the reporter has little memory. */
  private static final int MAX_PARSED = 32 << 20;

  private static final int MAX_LINES = 500_000;

  private final String named;
  private final byte[] content;
  private final boolean isCut;
  private final HsErrLog log;

  private HsErrFile(String named, byte[] content, boolean isCut, HsErrLog log) {
    this.named = named;
    this.content = content;
    this.isCut = isCut;
    this.log = log;
  }

  /**
   * Reads a log to its end, or to the limit.
   *
   * @param isCut whether the stream is known to end before the file
   */
  public static HsErrFile read(String named, InputStream stream, boolean isCut) throws IOException {
    byte[] content = stream.readNBytes(MAX_CONTENT);
    boolean isLonger = content.length == MAX_CONTENT && stream.read() >= 0;
    int parsed = lengthOf(content);
    return new HsErrFile(
        named,
        content,
        isCut || isLonger,
        HsErrParser.parse(new String(content, 0, parsed, StandardCharsets.UTF_8)));
  }

  /** Where it was found. */
  public String named() {
    return named;
  }

  /** Of its content, at most 64 MiB. */
  public int size() {
    return content.length;
  }

  /** A part of it. */
  public String text(int from, int to) {
    return new String(content, from, to - from, StandardCharsets.UTF_8);
  }

  /**
   * Where a part ends that begins somewhere, and is to be handled at once: behind a line break,
   * unless a line is longer than a part may be.
   */
  public int endOfPart(int from, int maxLength) {
    int limit = (int) Math.min((long) from + maxLength, content.length);
    for (int end = limit; end > from && limit < content.length; end--) {
      if (content[end - 1] == '\n') {
        return end;
      }
    }
    return limit;
  }

  /** Whether the file is longer. */
  public boolean isCut() {
    return isCut;
  }

  /** What it says. */
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
