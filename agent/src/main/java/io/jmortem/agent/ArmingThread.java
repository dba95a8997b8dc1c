// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.lang.instrument.Instrumentation;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Arms the black box while the application starts: it finds the host's daemon or starts a helper,
 * sends it the configuration, and takes rolling snapshots as long as the JVM lives. The thread
 * never ends, because it is the anchor by which the helper reaches the process.
 */
final class ArmingThread extends Thread {

  private static final long DAY_MILLIS = 24 * 3600 * 1000L;

  /** How long a daemon that has gone may stay away before a helper takes its place. */
  private static final long ABSENCE_MILLIS = 10_000;

  /** How long to ask a daemon that has too much to do. */
  private static final long CROWD_MILLIS = 2000;

  private static final long FIRST_PAUSE_MILLIS = 100;
  private static final long LONGEST_PAUSE_MILLIS = 30_000;

  private final Instrumentation instrumentation;
  private final ArmingRequest request;
  private String level = "none";
  private int answers;

  /** Those in effect. */
  private AgentOptions options = AgentOptions.parse("");

  /** Null if the JVM is not armed. */
  private @Nullable Watcher watcher;

  /** The watcher, if it is the daemon. */
  private volatile @Nullable DaemonSession session;

  /** The helper that watches now; a later one takes over from it. Empty if there is none. */
  private String helperPid = "";

  /** Why the daemon is not trusted, as it was said last. */
  private String distrust = "";

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
    DaemonSession now = session;
    if (now != null) {
      now.wakeUp();
    }
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
      while (!request.isMade()) {
        try {
          stay();
        } catch (Throwable e) { // OutOfMemoryError: the application has used up its heap
          OwnHelper.pause(LONGEST_PAUSE_MILLIS, request);
        }
      }
    }
  }

  /**
   * Stays alive as the helper's anchor, since the application's first thread may end early. Returns
   * when a request is made, or when somebody else watches.
   */
  private void stay() {
    Watcher now = watcher;
    if (now == null) {
      OwnHelper.pause(DAY_MILLIS, request);
      return;
    }
    if (options.snapshotMillis() > 0) {
      new RollingSnapshot(options.snapshotMillis()).run(now, request);
    }
    while (now.stays(DAY_MILLIS, request)) {
      // it has its snapshots, or there are none
    }
    if (!request.isMade() && !now.isThere()) {
      leave();
      renew();
    }
  }

  private void leave() {
    DaemonSession last = session;
    if (last != null) {
      last.close();
    }
    session = null;
    watcher = null;
  }

  /**
   * The daemon has gone, and a new one must hear our words again. It may be about to start, so a
   * helper of our own starts only after a while in which nobody has answered.
   */
  private void renew() {
    long silentSince = System.nanoTime();
    for (long pause = FIRST_PAUSE_MILLIS;
        watcher == null;
        pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS)) {
      long left = ABSENCE_MILLIS - millisSince(silentSince);
      OwnHelper.pause(Math.min(pause, Math.max(left, 1)), request);
      if (request.isMade()) {
        return;
      }
      DaemonSession asked = askDaemon(options);
      HelperReply reply = asked == null ? null : asked.reply();
      if (asked != null && reply != null && reply.isArmed()) {
        watchedByDaemon(asked, reply);
      } else if (asked != null) {
        asked.close();
        silentSince = System.nanoTime(); // it is there, and has not decided yet
      }
      boolean isRefused = reply != null && !isBusy(reply);
      if (watcher == null && (isRefused || millisSince(silentSince) >= ABSENCE_MILLIS)) {
        sayRefused(reply);
        replaceDaemon();
        return;
      }
    }
    System.setProperty(BlackBox.LEVEL_PROPERTY, level);
  }

  private static long millisSince(long nanos) {
    return (System.nanoTime() - nanos) / 1_000_000;
  }

  private void replaceDaemon() {
    level = "none";
    try {
      armByHelper(options);
    } catch (Throwable e) { // as in run()
      fail(HelperReply.failed(String.valueOf(e.getMessage())));
    }
    System.setProperty(BlackBox.LEVEL_PROPERTY, level);
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
  private HelperReply arm(AgentOptions wanted) throws IOException {
    for (String problem : wanted.problems()) {
      Stderr.line(problem);
    }
    if (!helperPid.isEmpty()) {
      return armByHelper(wanted); // it takes over from the one that there is
    }
    DaemonSession asked = askInTurn(wanted);
    HelperReply reply = asked == null ? null : asked.reply();
    if (asked != null && reply != null && reply.isArmed()) {
      watchedByDaemon(asked, reply);
      options = wanted;
      publish(reply);
      return reply;
    }
    if (asked != null) {
      asked.close();
    }
    if (watcher != null && watcher.isThere() && !wanted.value("daemon").equals("off")) {
      HelperReply failed = reply == null ? HelperReply.failed("the daemon is silent") : reply;
      fail(failed);
      return failed;
    }
    sayRefused(reply);
    return armByHelper(wanted);
  }

  /** Says nothing of a JVM that the daemon's rules leave out: that is as its operator wants it. */
  private static void sayRefused(@Nullable HelperReply reply) {
    if (reply != null && reply.refusal() != HelperReply.Refusal.PROCESS) {
      Stderr.line(
          "the daemon does not watch this JVM, so it gets a helper of its own: " + reply.why());
    }
  }

  /** While too many JVMs ask at once, it is asked again. */
  private @Nullable DaemonSession askInTurn(AgentOptions wanted) {
    long start = System.nanoTime();
    DaemonSession asked = askDaemon(wanted);
    for (long pause = FIRST_PAUSE_MILLIS;
        asked != null && isBusy(asked.reply()) && millisSince(start) < CROWD_MILLIS;
        pause *= 2) {
      asked.close();
      OwnHelper.pause(pause, request);
      asked = askDaemon(wanted);
    }
    return asked;
  }

  private static boolean isBusy(@Nullable HelperReply reply) {
    return reply != null && reply.refusal() == HelperReply.Refusal.QUOTA;
  }

  /** Null if nobody is there. The session has no answer if there is none yet. */
  private @Nullable DaemonSession askDaemon(AgentOptions wanted) {
    try {
      Path socket = DaemonSocket.find(wanted.value("daemon"));
      return socket == null
          ? null
          : DaemonSession.begin(
              socket, OwnWords.put(HelperConfiguration.forDaemon(wanted)).bytes());
    } catch (DaemonSocket.NotTrustedException e) {
      String why = String.valueOf(e.getMessage());
      if (!why.equals(distrust)) {
        Stderr.line("the daemon's socket is not used, because " + why);
        distrust = why;
      }
    } catch (IOException | RuntimeException e) {
      // nobody listens there
    }
    return null;
  }

  private void watchedByDaemon(DaemonSession now, HelperReply reply) {
    leave();
    session = now;
    watcher = now;
    level = reply.level();
    if (!HelperBinary.isVisiting()) {
      System.setProperty(BlackBox.JAR_PROPERTY, HelperBinary.jar().toString());
    }
  }

  private HelperReply armByHelper(AgentOptions wanted) throws IOException {
    HelperBinary helper = HelperBinary.find(wanted.value("helper"));
    HelperReply answer = ask(helper, wanted);
    if (!answer.isArmed()) {
      helper.discard();
      fail(answer);
      return answer;
    }
    leave();
    level = answer.level();
    helperPid = answer.helperPid();
    watcher = new OwnHelper(helper.directory());
    options = wanted;
    publish(answer);
    System.setProperty(BlackBox.JAR_PROPERTY, helper.reportersJar().toString());
    return answer;
  }

  /** Returns the helper's answer to its configuration, or why there is none. */
  private HelperReply ask(HelperBinary helper, AgentOptions wanted) {
    Process process = helper.process();
    try (OutputStream input = process.getOutputStream();
        BufferedReader output =
            new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      input.write(configuration(helper, wanted));
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

  private byte[] configuration(HelperBinary helper, AgentOptions wanted) {
    HelperConfiguration configuration =
        OwnWords.put(new HelperConfiguration(wanted, helper))
            .put(HelperConfiguration.Key.RELATION, HelperConfiguration.PARENT)
            .put(HelperConfiguration.Key.PID, Long.toString(ProcessHandle.current().pid()))
            .put(HelperConfiguration.Key.TID, OwnWords.nativeId());
    if (!helperPid.isEmpty()) {
      configuration.put(HelperConfiguration.Key.PREDECESSOR, helperPid);
    }
    return configuration.bytes();
  }
}
