// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An error that a user can mend: a plain sentence, and what to do. Shown without a stack trace. */
public final class UserError extends IOException {

  private static final long serialVersionUID = 1;

  /**
   * @param sentence what is wrong; then, after a semicolon, what to do about it
   */
  public UserError(String sentence) {
    super(sentence);
  }

  /** With the error behind it, which is not shown. */
  public UserError(String sentence, @Nullable Throwable cause) {
    super(sentence, cause);
  }
}
