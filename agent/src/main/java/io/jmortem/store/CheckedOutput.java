// SPDX-License-Identifier: Apache-2.0
package io.jmortem.store;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Distinguishes a directory that can't be written from content that can't be read. */
final class CheckedOutput extends FilterOutputStream {

  private final String directory;

  CheckedOutput(OutputStream out, String directory) {
    super(out);
    this.directory = directory;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    try {
      out.write(bytes, offset, length);
    } catch (IOException e) {
      throw new UnwritableException(directory, e);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      out.close();
    } catch (IOException e) {
      throw new UnwritableException(directory, e);
    }
  }
}
