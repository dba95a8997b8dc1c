// SPDX-License-Identifier: Apache-2.0
package io.jmortem.store;

import java.io.IOException;

/** A report's directory takes no more: the disk is full, or its quota, or it is read-only. */
public final class UnwritableException extends IOException {

  private static final long serialVersionUID = 1;

  UnwritableException(String directory, IOException cause) {
    super("can't write in " + directory + ": " + cause.getMessage(), cause);
  }
}
