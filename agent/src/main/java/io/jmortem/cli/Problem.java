// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import java.io.IOException;

/** What a user can understand and mend: a plain sentence, and a way out. Shown without a trace. */
public final class Problem extends IOException {

  private static final long serialVersionUID = 1;

  /**
   * @param sentence what is wrong; then, after a semicolon, what to do about it
   */
  public Problem(String sentence) {
    super(sentence);
  }

  /** With the error behind it, which is not shown. */
  public Problem(String sentence, Throwable cause) {
    super(sentence, cause);
  }
}
