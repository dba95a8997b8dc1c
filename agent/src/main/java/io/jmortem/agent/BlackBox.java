// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.lang.instrument.Instrumentation;
import org.jspecify.annotations.Nullable;

/** The black box of this JVM, started at startup or by an attach. JmortemAgent calls it. */
public final class BlackBox {

  /**
   * The system property with the capture level once the black box is armed: {@code full}, {@code
   * memory}, {@code kernel} or {@code agent}; {@code none} if it could not be armed.
   */
  public static final String LEVEL_PROPERTY = "jmortem.capture.level";

  /** The last result: {@code N armed LEVEL PID} or {@code N failed REASON WHY}; N counts from 1. */
  public static final String ANSWER_PROPERTY = "jmortem.agent.answer";

  /** The jar that the agent was loaded from, as this JVM sees it. */
  public static final String JAR_PROPERTY = "jmortem.agent.jar";

  /** Longer than the slowest arming, so that an attach does not wait forever. */
  private static final long ATTACH_PATIENCE_MILLIS = 20_000;

  private static @Nullable ArmingThread thread;

  private BlackBox() {}

  /**
   * Arms it at the start of the JVM. Returns at once.
   *
   * @param arguments the agent's options; may be null
   * @param instrumentation used if the kernel requires the process's own permission
   */
  public static synchronized void start(String arguments, Instrumentation instrumentation) {
    if (thread != null) {
      Stderr.line("already armed: two -javaagent options name jmortem; the first one is used");
      return;
    }
    begin(arguments, instrumentation);
  }

  /**
   * Arms it in a running JVM; if it is armed already, arms it again with these options. Returns
   * when that is done, or after 20 seconds.
   *
   * @param arguments as for {@link #start}
   * @param instrumentation as for {@link #start}
   * @throws InterruptedException if the JVM's own thread for attaching is interrupted
   */
  public static synchronized void attach(String arguments, Instrumentation instrumentation)
      throws InterruptedException {
    ArmingThread known = thread;
    if (known == null) {
      known = begin(arguments, instrumentation);
    } else {
      known.armAgain(arguments);
    }
    known.awaitAnswer(ATTACH_PATIENCE_MILLIS);
  }

  private static ArmingThread begin(String arguments, Instrumentation instrumentation) {
    System.setProperty(LEVEL_PROPERTY, "arming");
    ArmingThread begun = new ArmingThread(arguments, instrumentation);
    thread = begun;
    begun.start();
    return begun;
  }
}
