// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

/** Options that are not in effect yet: those of the start, or of a later attach. */
final class ArmingRequest {

  private String arguments;
  private boolean isMade;
  private boolean isAnswered;

  ArmingRequest(String arguments) {
    make(arguments);
  }

  /** Makes a request; it replaces one that was not taken yet. */
  synchronized void make(String arguments) {
    this.arguments = arguments;
    isMade = true;
    isAnswered = false;
  }

  synchronized boolean isMade() {
    return isMade;
  }

  synchronized String take() {
    isMade = false;
    return arguments;
  }

  synchronized void answer() {
    isAnswered = !isMade;
    notifyAll();
  }

  synchronized void awaitAnswer(long millis) throws InterruptedException {
    long end = System.nanoTime() + millis * 1_000_000;
    for (long rest = millis; !isAnswered && rest > 0; ) {
      wait(rest);
      rest = (end - System.nanoTime()) / 1_000_000;
    }
  }
}
