// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.lang.instrument.Instrumentation;

/**
 * The entry point of {@code -javaagent:jmortem.jar=options}, and of an attach. It is compiled for
 * Java 8, so that a JVM that is too old for the agent starts normally.
 */
public final class JmortemAgent {

  private static final String BLACK_BOX = "io.jmortem.agent.BlackBox";

  private JmortemAgent() {}

  /**
   * Called by the JVM before the application's {@code main}. Starts one daemon thread and returns.
   *
   * @param arguments what follows the {@code =}; may be null
   * @param instrumentation the JVM's; the agent changes no class
   */
  public static void premain(String arguments, Instrumentation instrumentation) {
    call("start", arguments, instrumentation);
  }

  /**
   * Called by the JVM when an attach loads the agent. Returns when the JVM is armed or arming has
   * failed; the system property {@code jmortem.agent.answer} says which.
   *
   * @param arguments as for {@link #premain}
   * @param instrumentation as for {@link #premain}
   */
  public static void agentmain(String arguments, Instrumentation instrumentation) {
    call("attach", arguments, instrumentation);
  }

  private static void call(String method, String arguments, Instrumentation instrumentation) {
    String version = System.getProperty("java.specification.version", "");
    try {
      if (version.startsWith("1.") || Integer.parseInt(version) < 17) {
        System.err.println(
            "jmortem: not armed: the agent needs Java 17 or later, this is Java "
                + version
                + "; watch this JVM from outside: jmortem watch PID");
        return;
      }
      Class.forName(BLACK_BOX)
          .getMethod(method, String.class, Instrumentation.class)
          .invoke(null, arguments, instrumentation);
    } catch (Throwable e) { // whatever happens, the application must start
      System.err.println("jmortem: not armed: " + (e.getCause() == null ? e : e.getCause()));
    }
  }
}
