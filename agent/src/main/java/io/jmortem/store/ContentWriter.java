// SPDX-License-Identifier: Apache-2.0
package io.jmortem.store;

import java.io.IOException;
import java.io.OutputStream;

/** Writes a file's content. */
@FunctionalInterface
public interface ContentWriter {

  /**
   * Writes the whole content.
   *
   * @throws IOException if the source of the content can't be read, or the file can't be written
   */
  void writeTo(OutputStream out) throws IOException;
}
