// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli.doctor;

import io.jmortem.agent.BlackBox;

/** Waits until the black box is armed, and ends. */
public final class ArmAndExit {

  private static final long PATIENCE_NANOS = 20_000_000_000L;

  private ArmAndExit() {}

  /** Takes no arguments. */
  public static void main(String[] arguments) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (System.getProperty(BlackBox.LEVEL_PROPERTY, "arming").equals("arming")
        && System.nanoTime() < end) {
      Thread.sleep(5);
    }
  }
}
