// SPDX-License-Identifier: Apache-2.0
package io.jmortem;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Repeats a text up to a length, for tests with files that are too large to create. */
public final class RepeatedText extends InputStream {

  /** The text, repeated so that copying is fast. */
  private final byte[] block;

  private long left;
  private int at;

  /**
   * @param length in bytes
   */
  public RepeatedText(String text, long length) {
    this.block = text.repeat(1 + 64 * 1024 / text.length()).getBytes(StandardCharsets.UTF_8);
    this.left = length;
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] to, int offset, int length) {
    if (left == 0 && length > 0) {
      return -1;
    }
    int count = (int) Math.min(Math.min(length, left), block.length - at);
    System.arraycopy(block, at, to, offset, count);
    at = (at + count) % block.length;
    left -= count;
    return count;
  }
}
