// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hotspot;

/** The time for the whole walk is over: the walk returns what it has found so far. */
final class DeadlineException extends RuntimeException {

  private static final long serialVersionUID = 1;

  DeadlineException() {
    super("the deadline has passed", null, false, false);
  }
}
