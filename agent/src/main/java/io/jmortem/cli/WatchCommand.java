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
      "Watches a running JVM from outside, with no agent in it: any HotSpot from 8 on. Stays until"
          + " the JVM has ended and its report is made; Ctrl-C lets the JVM go."
    },
    footer = {
      "",
      "Examples:",
      "  jmortem watch 4711                      until it ends, or Ctrl-C",
      "  jmortem watch --detach 4711             goes on in the background",
      "  jmortem watch --dir /var/crash --on-exit always 4711",
      "",
      "There is no rolling snapshot, so below level full or memory there are no stacks."
    },
    mixinStandardHelpOptions = true)
final class WatchCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Mixin private CaptureOptions options;

  @Parameters(paramLabel = "PID", description = "The JVM's process id.")
  private long pid;

  @Option(names = "--detach", description = "Return once armed; the watch goes on alone.")
  private boolean detach;

  @Option(names = "--json", description = "Print what happens as JSON, an object a line.")
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
          jvm + " is watched no more: its helper has ended, or it runs another program");
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
            + (detach ? "" : "; Ctrl-C lets it go"));
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
                  + " has ended"
                  + " with status "
                  + event.get("code")
                  + "; nothing to report");
    }
  }

  private void printJson(Map<String, Object> event) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(Json.line(event));
    out.flush();
  }
}
