// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.cli.live.AgentLoader;
import io.jmortem.cli.live.LiveProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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
      "Loads the agent into a running JVM (17 or later), as -javaagent does at startup.",
      "If the JVM has the agent already, the agent applies the new options."
    },
    footer = {
      "",
      "Examples:",
      "  jmortem attach 4711",
      "  jmortem attach --dir /var/crash --snapshot 10s 4711",
      "",
      "JDK 21 and later print a warning on the JVM's stderr when an agent is loaded, unless the JVM"
          + " was started with -XX:+EnableDynamicAgentLoading. `jmortem watch` loads nothing into"
          + " the JVM."
    },
    mixinStandardHelpOptions = true)
final class AttachCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Mixin private CaptureOptions options;

  @Option(
      names = "--daemon",
      paramLabel = "WHERE",
      description =
          "Where the host's daemon listens: auto (default), a path; off: there is a helper of the"
              + " JVM's own.")
  private @Nullable String daemon;

  @Parameters(paramLabel = "PID", description = "The JVM's process id.")
  private long pid;

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Map<String, String> given = options.given();
    if (daemon != null) {
      given.put("daemon", daemon);
    }
    options.checked(given);
    given.computeIfPresent("helper", (key, path) -> Path.of(path).toAbsolutePath().toString());
    LiveProcess jvm = LiveProcess.jvm(pid);
    String dir = given.get("dir");
    if (dir != null && !Path.of(dir).isAbsolute()) {
      if (!jvm.sharesOurFiles()) {
        throw new UserError(
            "process "
                + pid
                + " has another mount namespace or root directory; give --dir as an absolute path"
                + " there");
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
