// SPDX-License-Identifier: Apache-2.0
package io.jmortem.evidence;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Reads the lines of evidence in bounded memory. Forged evidence may have lines, or a file, of any
 * size.
 */
public final class EvidenceLines {

  /**
   * Bytes of one line; only the beginning of a longer line is kept. The helper copies files of at
   * most 32 MiB, which may be longer when escaped.
   */
  public static final int MAX_LINE = 48 << 20;

  /** Bytes of all lines; the rest is not read. */
  static final long MAX_TOTAL = 1L << 30;

  /** A buffer that has grown beyond this is not kept for the next line. */
  private static final int USUAL = 1 << 20;

  private final InputStream in;
  private final byte[] block = new byte[64 * 1024];
  private int blockAt;
  private int blockEnd;
  private byte[] line = new byte[64 * 1024];
  private long length;
  private int kept;
  private int number;
  private long total;

  /**
   * @param in the file, from its beginning; not closed
   */
  public EvidenceLines(InputStream in) {
    this.in = in;
  }

  /**
   * Reads the next line, whose content the methods below give then.
   *
   * @return false where there is none, or no more is read
   */
  public boolean next() throws IOException {
    if (line.length > USUAL) {
      line = new byte[USUAL];
    }
    kept = 0;
    length = 0;
    while (total < MAX_TOTAL && fill()) {
      int end = blockAt;
      while (end < blockEnd && block[end] != '\n') {
        end++;
      }
      keep(blockAt, end - blockAt);
      boolean isWhole = end < blockEnd;
      total += end - blockAt + (isWhole ? 1 : 0);
      blockAt = isWhole ? end + 1 : end;
      if (isWhole) {
        number++;
        return true;
      }
    }
    number++;
    return length > 0;
  }

  private boolean fill() throws IOException {
    if (blockAt == blockEnd) {
      blockAt = 0;
      blockEnd = Math.max(in.read(block, 0, block.length), 0);
    }
    return blockEnd > 0;
  }

  private void keep(int from, int count) {
    length += count;
    int fitting = Math.min(count, MAX_LINE - kept);
    if (kept + fitting > line.length) {
      line = Arrays.copyOf(line, (int) Math.min(MAX_LINE, 2L * (kept + fitting)));
    }
    System.arraycopy(block, from, line, kept, fitting);
    kept += fitting;
  }

  /** What is kept of the line begins at 0. Valid until the next one is read. */
  public byte[] bytes() {
    return line;
  }

  /** How many bytes of it are kept. */
  public int kept() {
    return kept;
  }

  /** How many bytes it has, without its line break. */
  public long length() {
    return length;
  }

  /** Whether less is kept of it than it has. */
  public boolean isTooLong() {
    return length > kept;
  }

  /** Counted from 1. */
  public int number() {
    return number;
  }

  /** Whether there may be more than was read. */
  public boolean isCut() {
    return total >= MAX_TOTAL;
  }
}
