// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.lang.instrument.Instrumentation;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Arms the black box while the application starts: it starts the helper, sends it the
 * configuration, and takes rolling snapshots as long as the JVM lives. The thread never ends,
 * because it is the anchor by which the helper reaches the process.
 */
final class ArmingThread extends Thread {

  private static final byte UNIT_SEPARATOR = 0x1f;

  /** The helper accepts a configuration of at most 256 KiB. */
  private static final int MAX_COMMAND_LINE = 64 * 1024;

  private final Instrumentation instrumentation;
  private final ArmingRequest request;
  private String level = "none";
  private int answers;

  /** Null if snapshots are off, or the JVM is not armed. */
  private @Nullable RollingSnapshot snapshots;

  /** The helper that watches now; a later one takes over from it. Empty if there is none. */
  private String helperPid = "";

  ArmingThread(String arguments, Instrumentation instrumentation) {
    super(systemGroup(), null, "jmortem", 0, false);
    this.instrumentation = instrumentation;
    this.request = new ArmingRequest(arguments);
    setDaemon(true);
  }

  /** Not the application's group: the application may interrupt all of its own threads. */
  private static ThreadGroup systemGroup() {
    ThreadGroup group = Thread.currentThread().getThreadGroup();
    while (group.getParent() != null) {
      group = group.getParent();
    }
    return group;
  }

  /** Requests other options; the black box stays unchanged until they are in effect. */
  void armAgain(String arguments) {
    request.make(arguments);
    LockSupport.unpark(this);
  }

  /** Waits until the last request has been answered. */
  void awaitAnswer(long millis) throws InterruptedException {
    request.awaitAnswer(millis);
  }

  @Override
  public void run() {
    String all = "";
    while (true) {
      String arguments = request.take();
      // options that are not given again keep their values
      String joined = arguments == null ? all : all + "," + arguments;
      try {
        HelperReply answer = arm(AgentOptions.parse(joined));
        if (answer.isArmed()) {
          all = joined;
        }
      } catch (Throwable e) { // an error here must not reach the application's handlers
        fail(HelperReply.failed(e.getMessage() == null ? e.toString() : e.getMessage()));
      }
      System.setProperty(BlackBox.LEVEL_PROPERTY, level);
      request.answer();
      if (snapshots != null) {
        snapshots.run(request);
      }
      stay();
    }
  }

  /** Stays alive as the helper's anchor: the application's first thread may end early. */
  private void stay() {
    while (!request.isMade()) {
      LockSupport.park();
      Thread.interrupted(); // or it would not park again
    }
  }

  private void fail(HelperReply reply) {
    String why = reply.why();
    Stderr.line(
        reply.refusal() == HelperReply.Refusal.WATCHED
            ? why + ", which makes the report; this agent does nothing"
            : level.equals("none")
                ? "not armed, so no report will be made: " + why
                : "not armed again, the previous options stay in effect: " + why);
    publish(reply);
  }

  /** The number lets an attach distinguish this answer from the previous one. */
  private void publish(HelperReply answer) {
    System.setProperty(BlackBox.ANSWER_PROPERTY, ++answers + " " + answer);
  }

  /** If arming again fails, the previous options stay in effect. */
  private HelperReply arm(AgentOptions options) throws IOException {
    for (String problem : options.problems()) {
      Stderr.line(problem);
    }
    HelperBinary helper = HelperBinary.find(options.value("helper"));
    HelperReply answer = ask(helper, options);
    if (!answer.isArmed()) {
      helper.discard();
      fail(answer);
      return answer;
    }
    level = answer.level();
    helperPid = answer.helperPid();
    publish(answer);
    System.setProperty(BlackBox.JAR_PROPERTY, helper.reportersJar().toString());
    snapshots =
        options.snapshotMillis() > 0
            ? new RollingSnapshot(helper.directory(), options.snapshotMillis())
            : null;
    return answer;
  }

  /** Returns the helper's answer to its configuration, or why there is none. */
  private HelperReply ask(HelperBinary helper, AgentOptions options) {
    Process process = helper.process();
    try (OutputStream input = process.getOutputStream();
        BufferedReader output =
            new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      input.write(configuration(helper, options));
      input.flush();
      String answer = output.readLine();
      if (answer != null && answer.startsWith(HelperReply.ALLOW)) {
        allow(helper, answer.substring(HelperReply.ALLOW.length()));
        input.write('\n');
        input.flush();
        answer = output.readLine();
      }
      return HelperReply.parse(answer);
    } catch (IOException e) {
      return HelperReply.failed("the helper did not accept its configuration: " + e.getMessage());
    }
  }

  /** If this fails, the helper continues at a lower level. */
  private void allow(HelperBinary helper, String pid) {
    try {
      new TracePermission(instrumentation, helper.directory()).grantTo(Integer.parseInt(pid));
    } catch (IOException | RuntimeException e) {
      Stderr.line("can't permit the helper to trace this process: " + e.getMessage());
    }
  }

  private byte[] configuration(HelperBinary helper, AgentOptions options) {
    HelperConfiguration configuration =
        new HelperConfiguration(options, helper)
            .put(HelperConfiguration.Key.RELATION, HelperConfiguration.PARENT)
            .put(HelperConfiguration.Key.PID, Long.toString(ProcessHandle.current().pid()))
            .put(HelperConfiguration.Key.TID, nativeId())
            .put(HelperConfiguration.Key.VM_OPTIONS, vmOptions())
            .put(HelperConfiguration.Key.COMMAND_LINE, commandLine());
    if (!helperPid.isEmpty()) {
      configuration.put(HelperConfiguration.Key.PREDECESSOR, helperPid);
    }
    return configuration.bytes();
  }

  /**
   * The command line of this process, for a helper that starts too late to read it. A unit
   * separator ends each argument. It is empty if it can't be read, and cut off if it is very long.
   */
  private static byte[] commandLine() {
    try {
      byte[] all = Files.readAllBytes(Path.of("/proc/self/cmdline"));
      byte[] words = Arrays.copyOf(all, Math.min(all.length, MAX_COMMAND_LINE));
      for (int i = 0; i < words.length; i++) {
        words[i] = words[i] == 0 ? UNIT_SEPARATOR : words[i];
      }
      return words;
    } catch (IOException e) {
      return new byte[0];
    }
  }

  /** The kernel's number of the current thread: what {@code /proc/thread-self} points to. */
  private static String nativeId() {
    try {
      return Files.readSymbolicLink(Path.of("/proc/thread-self")).getFileName().toString();
    } catch (IOException e) { // there is no /proc: use the first thread
      return Long.toString(ProcessHandle.current().pid());
    }
  }

  /**
   * The -XX options in environment variables, such as ErrorFile, which are not on the command line.
   * Nothing else is taken from these variables, because they may hold secrets.
   */
  private static String vmOptions() {
    StringBuilder found = new StringBuilder();
    for (String variable :
        new String[] {"JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS"}) {
      String value = System.getenv(variable);
      if (value == null) {
        continue;
      }
      for (int start = value.indexOf("-XX:");
          start >= 0;
          start = value.indexOf("-XX:", start + 1)) {
        int end = value.indexOf(' ', start);
        found.append(value, start, end < 0 ? value.length() : end).append('\n');
      }
    }
    return found.toString();
  }
}
