// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.lang.instrument.Instrumentation;

/** The entry point of {@code -javaagent:jmortem.jar=options}. */
public final class JmortemAgent {

  /**
   * The system property that tells how far the black box reaches once it is armed: {@code full},
   * {@code memory}, {@code kernel} or {@code agent}; {@code none} where it could not be armed.
   */
  public static final String LEVEL_PROPERTY = "jmortem.capture.level";

  private JmortemAgent() {}

  /**
   * Called by the JVM before the application's {@code main}. Starts one daemon thread and returns.
   *
   * @param arguments what follows the {@code =}; may be null
   * @param instrumentation the JVM's; no class is ever changed by it
   */
  public static void premain(String arguments, Instrumentation instrumentation) {
    try {
      if (System.getProperty(LEVEL_PROPERTY) != null) {
        Stderr.line("already armed: the agent is given twice; the first one counts");
        return;
      }
      System.setProperty(LEVEL_PROPERTY, "arming");
      new ArmingThread(arguments, instrumentation).start();
    } catch (Throwable e) { // whatever it is, the application starts
      Stderr.line("not armed: " + e);
    }
  }
}
