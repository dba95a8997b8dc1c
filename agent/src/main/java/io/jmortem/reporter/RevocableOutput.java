// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/** Holds back a line that may turn out to be invalid, until its end or until it is too long. */
final class RevocableOutput extends OutputStream {

  private static final int MOST = 1024 * 1024;

  private final OutputStream output;
  private byte[] kept = new byte[8 * 1024];
  private int size;
  private boolean isPassedOn;

  RevocableOutput(OutputStream output) {
    this.output = output;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    if (size + length > MOST) {
      passOn();
      output.write(bytes, offset, length);
      return;
    }
    if (size + length > kept.length) {
      kept = Arrays.copyOf(kept, Math.max(size + length, 2 * kept.length));
    }
    System.arraycopy(bytes, offset, kept, size, length);
    size += length;
  }

  private void passOn() throws IOException {
    output.write(kept, 0, size);
    isPassedOn = true;
    size = 0;
  }

  /** Accepts the line; returns whether anything of it was written. */
  boolean end() throws IOException {
    isPassedOn |= size > 0;
    output.write(kept, 0, size);
    return begin();
  }

  /** Rejects the line; returns whether anything of it was written. */
  boolean revoke() {
    size = 0;
    return begin();
  }

  private boolean begin() {
    boolean isLeft = isPassedOn;
    isPassedOn = false;
    size = 0;
    return isLeft;
  }
}
