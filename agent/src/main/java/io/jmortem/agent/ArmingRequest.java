// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

/** Options that wait to be put in effect: those of the start, and those of each later attach. */
final class ArmingRequest {

  private String arguments;
  private boolean isMade;
  private boolean isAnswered;

  ArmingRequest(String arguments) {
    make(arguments);
  }

  /** Of several that nobody has taken yet the last one counts. */
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
