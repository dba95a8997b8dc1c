// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.lang.instrument.Instrumentation;

/** The one black box of a JVM, started with it or attached later. Called by JmortemAgent. */
public final class BlackBox {

  /**
   * The system property that tells how far the black box reaches once it is armed: {@code full},
   * {@code memory}, {@code kernel} or {@code agent}; {@code none} where it could not be armed.
   */
  public static final String LEVEL_PROPERTY = "jmortem.capture.level";

  /**
   * What came of it last: {@code N armed LEVEL PID} or {@code N failed REASON WHY}, N counting from
   * 1.
   */
  public static final String ANSWER_PROPERTY = "jmortem.agent.answer";

  /** The jar that the agent was loaded from, as this JVM sees it. */
  public static final String JAR_PROPERTY = "jmortem.agent.jar";

  /** Longer than the slowest arming; an attach does not wait for ever. */
  private static final long ATTACH_PATIENCE_MILLIS = 20_000;

  private static ArmingThread thread;

  private BlackBox() {}

  /**
   * Arms it with the JVM. Returns at once.
   *
   * @param arguments the agent's options; may be null
   * @param instrumentation for what the system asks of the process itself
   */
  public static synchronized void start(String arguments, Instrumentation instrumentation) {
    if (thread != null) {
      Stderr.line("already armed: the agent is given twice; the first one counts");
      return;
    }
    begin(arguments, instrumentation);
  }

  /**
   * Arms it in a JVM that runs; where it is armed already, again with these options. Returns when
   * that is done, or after 20 seconds.
   *
   * @param arguments as for {@link #start}
   * @param instrumentation as for {@link #start}
   * @throws InterruptedException if the JVM's own thread for attaching is interrupted
   */
  public static synchronized void attach(String arguments, Instrumentation instrumentation)
      throws InterruptedException {
    if (thread == null) {
      begin(arguments, instrumentation);
    } else {
      thread.armAgain(arguments);
    }
    thread.awaitAnswer(ATTACH_PATIENCE_MILLIS);
  }

  private static void begin(String arguments, Instrumentation instrumentation) {
    System.setProperty(LEVEL_PROPERTY, "arming");
    thread = new ArmingThread(arguments, instrumentation);
    thread.start();
  }
}
