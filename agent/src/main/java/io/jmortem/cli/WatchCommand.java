// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.agent.AgentOptions;
import io.jmortem.cli.live.HelperSession;
import io.jmortem.cli.live.LiveProcess;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Watches a running JVM from outside. */
@Command(
    name = "watch",
    description = {
      "Watches a running HotSpot JVM (8 or later) from outside, without an agent.",
      "watch returns when the JVM has ended and its report is made. Ctrl-C stops watching; the JVM"
          + " continues."
    },
    footer = {
      "",
      "Examples:",
      "  jmortem watch 4711                      until the JVM ends, or Ctrl-C",
      "  jmortem watch --detach 4711             in the background",
      "  jmortem watch --dir /var/crash --on-exit always 4711",
      "",
      "`watch` takes no rolling snapshots: stacks require capture level full or memory."
    },
    mixinStandardHelpOptions = true)
final class WatchCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Mixin private CaptureOptions options;

  @Parameters(paramLabel = "PID", description = "The JVM's process id.")
  private long pid;

  @Option(
      names = "--detach",
      description = "Return when the JVM is armed; the helper continues" + " in the background.")
  private boolean detach;

  @Option(names = "--json", description = "Print events as JSON, one object per line.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    AgentOptions checked = options.checked(options.given());
    LiveProcess jvm = LiveProcess.jvm(pid);
    HelperSession session = HelperSession.watch(jvm, checked, detach);
    printArmed(jvm, session);
    if (detach) {
      return 0;
    }
    HelperSession.End end = session.awaitEnd();
    if (!end.isOfTheJvm()) {
      throw new UserError(
          jvm
              + " is no longer watched: the helper has ended, or the process executed another"
              + " program");
    }
    printEnd(end);
    return 0;
  }

  private void printArmed(LiveProcess jvm, HelperSession session) {
    if (json) {
      Map<String, Object> event = new LinkedHashMap<>();
      event.put("event", "armed");
      event.put("pid", jvm.pid());
      event.put("level", session.level());
      printJson(event);
      return;
    }
    PrintWriter err = spec.commandLine().getErr();
    err.println(
        "jmortem: watching "
            + jvm
            + ", level "
            + session.level()
            + (detach ? "" : "; Ctrl-C stops watching"));
    err.flush();
  }

  private void printEnd(HelperSession.End end) {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("event", "ended");
    event.put("pid", pid);
    if (end.status() != null) {
      int status = end.status();
      boolean isSignal = (status & 0x7f) != 0;
      event.put(isSignal ? "signal" : "code", isSignal ? status & 0x7f : status >> 8);
    }
    if (end.report() != null) {
      event.put("report", end.report().toString());
    }
    if (json) {
      printJson(event);
    } else if (end.report() == null && event.containsKey("code")) {
      spec.commandLine()
          .getErr()
          .println(
              "jmortem: process "
                  + pid
                  + " exited with status "
                  + event.get("code")
                  + "; no report was made");
    }
  }

  private void printJson(Map<String, Object> event) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(Json.line(event));
    out.flush();
  }
}
