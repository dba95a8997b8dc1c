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
import java.util.concurrent.locks.LockSupport;

/**
 * Arms the black box beside the starting application: starts the helper, tells it what to do, then
 * takes rolling snapshots for as long as the JVM lives. It never ends: it is the anchor thread, by
 * which the helper reaches the process.
 */
final class ArmingThread extends Thread {

  /** What the helper says that needs the process's own permission, before its pid. */
  private static final String ALLOW = "allow ";

  private final String arguments;
  private final Instrumentation instrumentation;

  ArmingThread(String arguments, Instrumentation instrumentation) {
    super(systemGroup(), null, "jmortem", 0, false);
    this.arguments = arguments;
    this.instrumentation = instrumentation;
    setDaemon(true);
  }

  /** Not the application's: it may interrupt all of its own threads. */
  private static ThreadGroup systemGroup() {
    ThreadGroup group = Thread.currentThread().getThreadGroup();
    while (group.getParent() != null) {
      group = group.getParent();
    }
    return group;
  }

  @Override
  public void run() {
    RollingSnapshot snapshots = null;
    try {
      snapshots = arm();
    } catch (Throwable e) { // an error here must not reach the application's handlers
      fail(e.getMessage() == null ? e.toString() : e.getMessage());
      return;
    }
    if (snapshots != null) {
      snapshots.run();
    }
    stay();
  }

  private static void fail(String why) {
    Stderr.line("not armed, no report will be made: " + why);
    setLevel("none");
  }

  private static void setLevel(String level) {
    System.setProperty(JmortemAgent.LEVEL_PROPERTY, level);
  }

  /** Null where no snapshots are wanted, or nothing is armed. */
  private RollingSnapshot arm() throws IOException {
    AgentOptions options = AgentOptions.parse(arguments);
    for (String problem : options.problems()) {
      Stderr.line(problem);
    }
    HelperBinary helper = HelperBinary.find(options.value("helper"));
    String answer = ask(helper, options);
    if (!answer.startsWith("armed ")) {
      helper.discard();
      fail(answer);
      return null;
    }
    setLevel(answer.substring("armed ".length()));
    return options.snapshotMillis() > 0
        ? new RollingSnapshot(helper.directory(), options.snapshotMillis())
        : null;
  }

  /** The helper holds on to this thread, since an application's first one may end early. */
  private static void stay() {
    while (true) {
      LockSupport.park();
      Thread.interrupted(); // or it would not park again
    }
  }

  /** What the helper answers to its configuration, or why it gives no answer. */
  private String ask(HelperBinary helper, AgentOptions options) {
    Process process = helper.process();
    try (OutputStream input = process.getOutputStream();
        BufferedReader output =
            new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      input.write(configuration(helper, options).getBytes(StandardCharsets.UTF_8));
      input.flush();
      String answer = output.readLine();
      if (answer != null && answer.startsWith(ALLOW)) {
        allow(helper, answer.substring(ALLOW.length()));
        input.write('\n');
        input.flush();
        answer = output.readLine();
      }
      return answer == null ? "the helper ended without an answer" : answer;
    } catch (IOException e) {
      return "the helper took no configuration: " + e.getMessage();
    }
  }

  /** Without it the helper goes on, at a lower level. */
  private void allow(HelperBinary helper, String pid) {
    try {
      new TracePermission(instrumentation, helper.directory()).grantTo(Integer.parseInt(pid));
    } catch (IOException | RuntimeException e) {
      Stderr.line("the helper could not be allowed to trace this process: " + e.getMessage());
    }
  }

  private static String configuration(HelperBinary helper, AgentOptions options) {
    StringBuilder pairs = new StringBuilder();
    pair(pairs, "protocol", "1");
    pair(pairs, "pid", Long.toString(ProcessHandle.current().pid()));
    pair(pairs, "tid", nativeId());
    pair(pairs, "dir", options.dir().toString());
    pair(pairs, "fallback-dir", temporaryDirectory().resolve("jmortem-reports").toString());
    pair(pairs, "work-dir", helper.directory().toString());
    pair(pairs, "java", Path.of(System.getProperty("java.home"), "bin", "java").toString());
    pair(pairs, "jar", HelperBinary.jar().toString());
    pair(pairs, "freeze", options.value("freeze"));
    pair(pairs, "hold", options.value("hold"));
    pair(pairs, "marker", options.value("marker"));
    pair(pairs, "on-exit", options.value("on-exit"));
    pair(pairs, "deadline-ms", Long.toString(options.deadlineMillis()));
    pair(pairs, "signals", options.signalNumbers());
    pair(pairs, "vm-options", vmOptions());
    pair(pairs, "report-options", options.reportOptions());
    return pairs.append('\0').toString();
  }

  /** The kernel's number of the current thread: what {@code /proc/thread-self} points to. */
  private static String nativeId() {
    try {
      return Files.readSymbolicLink(Path.of("/proc/thread-self")).getFileName().toString();
    } catch (IOException e) { // no /proc here; the first thread must do
      return Long.toString(ProcessHandle.current().pid());
    }
  }

  private static void pair(StringBuilder to, String key, String value) {
    to.append(key).append('=').append(value.replace('\0', ' ')).append('\0');
  }

  static Path temporaryDirectory() {
    return Path.of(System.getProperty("java.io.tmpdir", "/tmp")).toAbsolutePath();
  }

  /**
   * The VM's options that come by way of the environment and so are not on the command line, such
   * as ErrorFile; nothing else of those variables, which may hold secrets.
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
