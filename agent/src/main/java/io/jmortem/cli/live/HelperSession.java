// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli.live;

import io.jmortem.agent.AgentOptions;
import io.jmortem.agent.HelperBinary;
import io.jmortem.agent.HelperConfiguration;
import io.jmortem.agent.HelperReply;
import io.jmortem.cli.UserError;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A helper that watches a JVM from outside, for as long as this session is open, or for good. It
 * writes the lines of {@link HelperReply}.
 */
public final class HelperSession implements Closeable {

  private final HelperBinary helper;
  private final OutputStream input;
  private final BufferedReader output;
  private String level = "none";

  private HelperSession(HelperBinary helper) {
    this.helper = helper;
    this.input = helper.process().getOutputStream();
    this.output =
        new BufferedReader(
            new InputStreamReader(helper.process().getInputStream(), StandardCharsets.UTF_8));
  }

  /**
   * Begins to watch. Returns once armed.
   *
   * @param staysAlone whether it goes on watching when this process has ended
   * @throws IOException if it can't be watched; the message says why
   */
  public static HelperSession watch(LiveProcess jvm, AgentOptions options, boolean staysAlone)
      throws IOException {
    HelperSession session = new HelperSession(HelperBinary.find(options.value("helper")));
    HelperConfiguration configuration =
        new HelperConfiguration(options, session.helper)
            .put(HelperConfiguration.Key.RELATION, HelperConfiguration.OTHER)
            .put(HelperConfiguration.Key.PID, Long.toString(jvm.pid()))
            .put(HelperConfiguration.Key.VM_OPTIONS, vmOptions(jvm));
    if (staysAlone) {
      configuration.put(HelperConfiguration.Key.DETACHED, HelperConfiguration.YES);
    } else {
      configuration.put(HelperConfiguration.Key.EXIT_ON_STDIN_CLOSE, HelperConfiguration.YES);
    }
    try {
      session.input.write(configuration.bytes());
      session.input.flush();
      session.readArmed(jvm);
      return session;
    } catch (IOException e) {
      session.close();
      session.helper.discard();
      throw e;
    }
  }

  /** As the agent tells it: of the environment nothing else, which may hold secrets. */
  private static String vmOptions(LiveProcess jvm) {
    StringBuilder options = new StringBuilder();
    for (String option : jvm.vmOptions()) {
      if (option.startsWith("-XX:")) {
        options.append(option).append('\n');
      }
    }
    return options.toString();
  }

  private void readArmed(LiveProcess jvm) throws IOException {
    HelperReply answer = HelperReply.parse(output.readLine());
    if (!answer.isArmed()) {
      throw new UserError(jvm + " can't be watched: " + answer.why());
    }
    level = answer.level();
  }

  /** {@code full}, {@code memory}, {@code kernel} or {@code agent}. */
  public String level() {
    return level;
  }

  /**
   * What has become of the JVM.
   *
   * @param isOfTheJvm false where the watch has ended before the JVM
   * @param report null where there is none
   * @param status as wait(2) gives it; null where it is not known
   */
  public record End(boolean isOfTheJvm, @Nullable Path report, @Nullable Integer status) {}

  /** Waits until the JVM has ended and its report is made. */
  public End awaitEnd() throws IOException {
    Path report = null;
    Integer status = null;
    boolean hasEnded = false;
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith(HelperReply.REPORT)) {
        report = Path.of(line.substring(HelperReply.REPORT.length()));
      } else if (line.startsWith(HelperReply.ENDED)) {
        hasEnded = true;
        String number = line.substring(HelperReply.ENDED.length());
        status = number.matches("\\d{1,9}") ? Integer.valueOf(number) : null;
      }
    }
    return new End(hasEnded, report, status);
  }

  /** Lets the JVM go. */
  @Override
  public void close() throws IOException {
    input.close();
  }
}
