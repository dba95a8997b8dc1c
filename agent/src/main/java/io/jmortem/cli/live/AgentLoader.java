// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli.live;

import io.jmortem.agent.BlackBox;
import io.jmortem.agent.HelperBinary;
import io.jmortem.agent.HelperConfiguration;
import io.jmortem.agent.HelperReply;
import io.jmortem.cli.UserError;
import io.jmortem.proc.CurrentUser;
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
import org.jspecify.annotations.Nullable;

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
   * @throws UserError if it can't be armed: the message says why, and what to do
   */
  public static String load(LiveProcess jvm, Map<String, String> options) throws IOException {
    AgentLoader loader = new AgentLoader(jvm, AgentArguments.joined(options));
    loader.checkAttachable();
    FutureTask<String> task = new FutureTask<>(loader::loadNow);
    Thread thread = new Thread(task, "attach");
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new UserError(
          jvm
              + " did not answer within "
              + PATIENCE.toSeconds()
              + " s; it may still become armed later; `jmortem watch` needs no answer",
          e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException) {
        throw (IOException) e.getCause();
      }
      throw new IOException(TerminalText.line(String.valueOf(e.getCause()), MAX_WORDS), e);
    } catch (InterruptedException e) {
      throw new UserError("interrupted", e);
    }
  }

  /** Checks what /proc tells, before anything is sent to the JVM. */
  private void checkAttachable() throws UserError {
    if (jvm.isStopped()) {
      throw new UserError(
          jvm
              + " is stopped, and can't answer until it continues: kill -CONT "
              + jvm.pid()
              + ", or "
              + jvm.watchAdvice());
    }
    List<String> vmOptions = jvm.vmOptions();
    if (vmOptions.contains("-XX:+DisableAttachMechanism")) {
      throw disabled("-XX:+DisableAttachMechanism");
    }
    if (vmOptions.contains("-XX:-EnableDynamicAgentLoading")) {
      throw disabled("-XX:-EnableDynamicAgentLoading");
    }
    if (!jvm.sharesOurUsers() && jvm.user() != CurrentUser.id()) {
      throw new UserError(
          jvm
              + " is in a user namespace where our uid is not mapped; run this command as its user:"
              + " setpriv --reuid "
              + jvm.user()
              + " --regid "
              + jvm.group()
              + " --clear-groups ...; or "
              + jvm.watchAdvice());
    }
    awaitHandler();
  }

  private UserError disabled(String option) {
    return new UserError(
        jvm + " was started with " + option + ", and refuses agents; " + jvm.watchAdvice());
  }

  private void awaitHandler() throws UserError {
    long end = System.nanoTime() + START_PATIENCE.toNanos();
    while (!jvm.handlesSigquit() && !hasSocket()) {
      if (System.nanoTime() > end) {
        throw new UserError(
            jvm
                + " does not handle SIGQUIT, so attaching would end it (-Xrs?); "
                + jvm.watchAdvice());
      }
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        throw new UserError("interrupted", e);
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
          throw new UserError("the options are too long for the VM's attach mechanism");
        }
        loadAgent(machine, jar.path());
      }
      return level(properties(machine).getProperty(BlackBox.ANSWER_PROPERTY), answered);
    }
  }

  private AttachApi connect(NativeLibraries libraries) throws UserError {
    try {
      return AttachApi.attach(jvm, libraries);
    } catch (IOException e) {
      throw toUserError(e);
    }
  }

  private Properties properties(AttachApi machine) throws UserError {
    try {
      return machine.properties();
    } catch (IOException e) {
      throw toUserError(e);
    }
  }

  private void loadAgent(AttachApi machine, String jar) throws UserError {
    try {
      machine.loadAgent(jar, options);
    } catch (IOException e) {
      throw toUserError(e);
    }
  }

  /** The attach mechanism's message, and the alternative that always exists. */
  private UserError toUserError(IOException e) {
    String why = TerminalText.line(String.valueOf(e.getMessage()), MAX_WORDS);
    if (!jvm.exists()) {
      return new UserError("process " + jvm.pid() + " ended during the attach", e);
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
    return new UserError(jvm + " refuses the agent: " + why + "; " + jvm.watchAdvice(), e);
  }

  private void checkVersion(Properties properties) throws UserError {
    String version = properties.getProperty("java.specification.version", "");
    Matcher number = Pattern.compile("(\\d{1,4})(\\.\\d{1,4})?").matcher(version);
    int feature = number.matches() ? Integer.parseInt(number.group(1)) : 0; // 1.8: 1
    if (feature < FIRST_JAVA) {
      throw new UserError(
          jvm
              + " runs Java "
              + TerminalText.line(version, MAX_WORDS)
              + ", but the agent needs 17 or later; "
              + jvm.watchAdvice());
    }
  }

  /** The jar that the JVM has the agent from, if the property holds a plausible path. */
  private static @Nullable String jar(String known) {
    return known == null
            || !known.startsWith("/")
            || known.length() > MAX_ARGUMENT
            || !known.equals(TerminalText.line(known))
        ? null
        : known;
  }

  private String level(String numbered, String before) throws UserError {
    if (numbered == null || numbered.equals(before)) {
      throw new UserError(
          jvm + " loaded the agent, but the agent did not answer; see the JVM's stderr");
    }
    HelperReply answer = HelperReply.parse(numbered.substring(numbered.indexOf(' ') + 1));
    if (!answer.isArmed()) {
      throw new UserError(
          jvm + " could not be armed: " + TerminalText.line(answer.why(), MAX_WORDS));
    }
    return answer.level();
  }
}
