// SPDX-License-Identifier: Apache-2.0
package io.jmortem.store;

import java.io.IOException;

/** A report's directory can't be written: disk full, quota exceeded, or read-only. */
public final class UnwritableException extends IOException {

  private static final long serialVersionUID = 1;

  UnwritableException(String directory, IOException cause) {
    super("can't write in " + directory + ": " + cause.getMessage(), cause);
  }
}
