// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.cli.live.AgentLoader;
import io.jmortem.cli.live.LiveProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Loads the agent into a running JVM. */
@Command(
    name = "attach",
    description = {
      "Loads the agent into a running JVM (17 or later), as if it had been started with -javaagent."
          + " A JVM that has it already gets the new options."
    },
    footer = {
      "",
      "Examples:",
      "  jmortem attach 4711",
      "  jmortem attach --dir /var/crash --snapshot 10s 4711",
      "",
      "JDK 21 and later warn on the JVM's stderr that an agent was loaded, unless the JVM was started"
          + " with -XX:+EnableDynamicAgentLoading; `jmortem watch` puts nothing into the JVM."
    },
    mixinStandardHelpOptions = true)
final class AttachCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Mixin private CaptureOptions options;

  @Parameters(paramLabel = "PID", description = "The JVM's process id.")
  private long pid;

  @Option(names = "--json", description = "Print the outcome as JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Map<String, String> given = options.given();
    options.checked(given);
    given.computeIfPresent("helper", (key, path) -> Path.of(path).toAbsolutePath().toString());
    LiveProcess jvm = LiveProcess.jvm(pid);
    String dir = given.get("dir");
    if (dir != null && !Path.of(dir).isAbsolute()) {
      if (!jvm.sharesOurFiles()) {
        throw new UserError(
            "process " + pid + " has other files than we see; give --dir an absolute path of its");
      }
      given.put("dir", Path.of(dir).toAbsolutePath().toString());
    }
    String level = AgentLoader.load(jvm, given);
    if (json) {
      spec.commandLine().getOut().println(Json.line(Map.of("pid", pid, "level", level)));
    } else {
      spec.commandLine().getErr().println("jmortem: armed " + jvm + ", level " + level);
    }
    return 0;
  }
}
