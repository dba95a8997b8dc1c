// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.io.IOException;
import java.io.OutputStream;

/** Who watches this JVM, as the agent's thread sees it: its own helper, or the host's daemon. */
interface Watcher {

  /**
   * Waits, even if the application interrupts the thread. Returns false as soon as the agent has
   * something else to do: a request was made, or nobody watches any more.
   */
  boolean stays(long millis, ArmingRequest request);

  /** Whether it watches, as far as is known. */
  boolean isThere();

  /** The longest snapshot that it takes, in bytes. */
  long mostSnapshot();

  /** Where a new snapshot goes; until {@link #endSnapshot} the previous one counts. */
  OutputStream beginSnapshot() throws IOException;

  /** The snapshot is whole. */
  void endSnapshot() throws IOException;
}
