// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli.live;

import io.jmortem.agent.BlackBox;
import io.jmortem.agent.HelperBinary;
import io.jmortem.agent.HelperConfiguration;
import io.jmortem.agent.HelperReply;
import io.jmortem.cli.Problem;
import io.jmortem.proc.OwnUser;
import io.jmortem.report.TerminalText;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Loads the agent into a running JVM, or gives new options to the agent that it has. */
public final class AgentLoader {

  private static final int FIRST_JAVA = 17;

  /** The attach mechanism waits for the VM without a limit; this is ours. */
  private static final Duration PATIENCE = Duration.ofSeconds(45);

  /** A JVM that is just starting has no handler for SIGQUIT yet: the signal would end it. */
  private static final Duration START_PATIENCE = Duration.ofSeconds(3);

  /** The VM accepts 1,024 bytes for a path and its options. */
  private static final int MAX_ARGUMENT = 900;

  /** Limit for text that the JVM returns: it may be hostile. */
  private static final int MAX_WORDS = 300;

  private final LiveProcess jvm;
  private final String options;

  private AgentLoader(LiveProcess jvm, String options) {
    this.jvm = jvm;
    this.options = options;
  }

  /**
   * Returns the capture level at which the JVM is armed then.
   *
   * @param options the agent's options, checked already
   * @throws Problem if it can't be armed: the message says why, and what to do
   */
  public static String load(LiveProcess jvm, Map<String, String> options) throws IOException {
    AgentLoader loader = new AgentLoader(jvm, AgentArguments.joined(options));
    loader.checkWillingness();
    FutureTask<String> task = new FutureTask<>(loader::loadNow);
    Thread thread = new Thread(task, "attach");
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new Problem(
          jvm
              + " did not answer within "
              + PATIENCE.toSeconds()
              + " s; it may still become armed later; `jmortem watch` needs no answer",
          e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException) {
        throw (IOException) e.getCause();
      }
      throw new IOException(TerminalText.line(e.getCause().toString(), MAX_WORDS), e);
    } catch (InterruptedException e) {
      throw new Problem("interrupted", e);
    }
  }

  /** Checks what /proc tells, before anything is sent to the JVM. */
  private void checkWillingness() throws Problem {
    if (jvm.isStopped()) {
      throw new Problem(
          jvm
              + " is stopped, and can't answer until it continues: kill -CONT "
              + jvm.pid()
              + ", or "
              + jvm.wayOut());
    }
    List<String> vmOptions = jvm.vmOptions();
    if (vmOptions.contains("-XX:+DisableAttachMechanism")) {
      throw disabled("-XX:+DisableAttachMechanism");
    }
    if (vmOptions.contains("-XX:-EnableDynamicAgentLoading")) {
      throw disabled("-XX:-EnableDynamicAgentLoading");
    }
    if (!jvm.sharesOurUsers() && jvm.user() != OwnUser.id()) {
      throw new Problem(
          jvm
              + " is in a user namespace where our uid is not mapped; run this command as its user:"
              + " setpriv --reuid "
              + jvm.user()
              + " --regid "
              + jvm.group()
              + " --clear-groups ...; or "
              + jvm.wayOut());
    }
    awaitHandler();
  }

  private Problem disabled(String option) {
    return new Problem(
        jvm + " was started with " + option + ", and refuses agents; " + jvm.wayOut());
  }

  private void awaitHandler() throws Problem {
    long end = System.nanoTime() + START_PATIENCE.toNanos();
    while (!jvm.answersQuit() && !hasSocket()) {
      if (System.nanoTime() > end) {
        throw new Problem(
            jvm + " does not handle SIGQUIT, so attaching would end it (-Xrs?); " + jvm.wayOut());
      }
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        throw new Problem("interrupted", e);
      }
    }
  }

  /** If the JVM listens already, no signal is sent to it. */
  private boolean hasSocket() {
    return Files.exists(jvm.root().resolve("tmp").resolve(".java_pid" + jvm.vpid()));
  }

  private String loadNow() throws IOException {
    try (NativeLibraries libraries =
            NativeLibraries.open(HelperConfiguration.temporaryDirectory());
        AttachApi machine = connect(libraries)) {
      Properties before = properties(machine);
      checkVersion(before);
      String known = jar(before.getProperty(BlackBox.JAR_PROPERTY));
      String answered = before.getProperty(BlackBox.ANSWER_PROPERTY);
      try (VisibleJar jar = VisibleJar.of(jvm, HelperBinary.jar(), known)) {
        if (jar.path().length() + options.length() > MAX_ARGUMENT) {
          throw new Problem("the options are too long for the VM's attach mechanism");
        }
        loadAgent(machine, jar.path());
      }
      return level(properties(machine).getProperty(BlackBox.ANSWER_PROPERTY), answered);
    }
  }

  private AttachApi connect(NativeLibraries libraries) throws Problem {
    try {
      return AttachApi.attach(jvm, libraries);
    } catch (IOException e) {
      throw explained(e);
    }
  }

  private Properties properties(AttachApi machine) throws Problem {
    try {
      return machine.properties();
    } catch (IOException e) {
      throw explained(e);
    }
  }

  private void loadAgent(AttachApi machine, String jar) throws Problem {
    try {
      machine.loadAgent(jar, options);
    } catch (IOException e) {
      throw explained(e);
    }
  }

  /** The attach mechanism's message, and the alternative that always exists. */
  private Problem explained(IOException e) {
    String why = TerminalText.line(String.valueOf(e.getMessage()), MAX_WORDS);
    if (!jvm.exists()) {
      return new Problem("process " + jvm.pid() + " ended during the attach", e);
    }
    if (why.contains("java.instrument")) {
      why = "its runtime image lacks module java.instrument";
    } else if (why.contains("does not support the attach mechanism")) {
      why = "its attach mechanism is disabled";
    } else if (why.contains("Dynamic agent loading is not enabled")) {
      why = "it forbids loading agents (-XX:-EnableDynamicAgentLoading)";
    } else if (why.contains("Agent JAR not found")) {
      why = "it can't read the agent's jar";
    }
    return new Problem(jvm + " refuses the agent: " + why + "; " + jvm.wayOut(), e);
  }

  private void checkVersion(Properties properties) throws Problem {
    String version = properties.getProperty("java.specification.version", "");
    Matcher number = Pattern.compile("(\\d{1,4})(\\.\\d{1,4})?").matcher(version);
    int feature = number.matches() ? Integer.parseInt(number.group(1)) : 0; // 1.8: 1
    if (feature < FIRST_JAVA) {
      throw new Problem(
          jvm
              + " runs Java "
              + TerminalText.line(version, MAX_WORDS)
              + ", but the agent needs 17 or later; "
              + jvm.wayOut());
    }
  }

  /** The jar that the JVM has the agent from, if the property holds a plausible path. */
  private static String jar(String known) {
    return known == null
            || !known.startsWith("/")
            || known.length() > MAX_ARGUMENT
            || !known.equals(TerminalText.line(known))
        ? null
        : known;
  }

  private String level(String numbered, String before) throws Problem {
    if (numbered == null || numbered.equals(before)) {
      throw new Problem(
          jvm + " loaded the agent, but the agent did not answer; see the JVM's stderr");
    }
    HelperReply answer = HelperReply.parse(numbered.substring(numbered.indexOf(' ') + 1));
    if (!answer.isArmed()) {
      throw new Problem(jvm + " could not be armed: " + TerminalText.line(answer.why(), MAX_WORDS));
    }
    return answer.level();
  }
}
