// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.lang.instrument.Instrumentation;

/**
 * The entry point of {@code -javaagent:jmortem.jar=options}, and of an attach. Compiled for Java 8,
 * so that an older JVM than the agent is made for starts as if it were not there.
 */
public final class JmortemAgent {

  private static final String BLACK_BOX = "io.jmortem.agent.BlackBox";

  private JmortemAgent() {}

  /**
   * Called by the JVM before the application's {@code main}. Starts one daemon thread and returns.
   *
   * @param arguments what follows the {@code =}; may be null
   * @param instrumentation the JVM's; no class is ever changed by it
   */
  public static void premain(String arguments, Instrumentation instrumentation) {
    call("start", arguments, instrumentation);
  }

  /**
   * Called by the JVM when the agent is loaded into it while it runs. Returns when it is armed, or
   * can't be; the system property {@code jmortem.agent.answer} tells.
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
            "jmortem: not armed: the agent needs Java 17, this is "
                + version
                + "; watch this JVM from outside: jmortem watch PID");
        return;
      }
      Class.forName(BLACK_BOX)
          .getMethod(method, String.class, Instrumentation.class)
          .invoke(null, arguments, instrumentation);
    } catch (Throwable e) { // whatever it is, the application starts
      System.err.println("jmortem: not armed: " + (e.getCause() == null ? e : e.getCause()));
    }
  }
}
