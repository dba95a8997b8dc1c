// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.agent.AgentOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The agent's options as options of a command. AgentOptions checks them, as for the agent. */
final class CaptureOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description =
          "Directory for reports (default: jmortem-reports in the working directory; of `daemon`:"
              + " /var/lib/jmortem).")
  private @Nullable String dir;

  @Option(
      names = "--on-exit",
      paramLabel = "WHEN",
      description = "Which normal exits are reported: never, nonzero (default), always.")
  private @Nullable String onExit;

  @Option(
      names = "--termination-message",
      paramLabel = "PATH",
      description =
          "File in the JVM's container that gets the verdict while the JVM is held: a path, auto"
              + " (where Kubernetes has mounted it; default of `daemon`), off.")
  private @Nullable String terminationMessage;

  @Option(
      names = "--deadline",
      paramLabel = "TIME",
      description = "Longest time that jmortem may delay a dying JVM (default: 3s).")
  private @Nullable String deadline;

  @Option(
      names = "--freeze",
      paramLabel = "HOW",
      description =
          "How the process is stopped at a fatal fault: auto (default; by ptrace), on (by"
              + " SIGSTOP), off.")
  private @Nullable String freeze;

  @Option(
      names = "--hold",
      paramLabel = "HOW",
      description =
          "Trace one thread, so that the memory can be read before the process ends: auto"
              + " (default), on, off.")
  private @Nullable String hold;

  @Option(
      names = "--marker",
      paramLabel = "KIND",
      description =
          "How a fatal fault is detected: auto (default), uprobe, fentry, delivery, syscalls,"
              + " none.")
  private @Nullable String marker;

  @Option(
      names = "--snapshot",
      paramLabel = "TIME",
      description =
          "Interval of the agent's rolling snapshot of all stacks (default: 60s), or off."
              + " Only the agent takes snapshots.")
  private @Nullable String snapshot;

  @Option(
      names = "--signals",
      paramLabel = "NAMES",
      description =
          "Signals whose sender is recorded, such as 'KILL;TERM' (default: signals that terminate a"
              + " process, without QUIT).")
  private @Nullable String signals;

  @Option(
      names = "--redact",
      paramLabel = "on|off",
      description = "Redact likely secrets in reports (default: on).")
  private @Nullable String redact;

  @Option(
      names = "--keep",
      paramLabel = "N",
      description =
          "Number of reports kept of each JVM identity (pod or unit, and main class or jar); the"
              + " oldest are removed first (default: 20).")
  private @Nullable String keep;

  @Option(
      names = "--keep-size",
      paramLabel = "SIZE",
      description =
          "Total size of the reports kept in DIR, such as 200M (default: 1G), or off. Of each JVM"
              + " identity, the newest report goes last.")
  private @Nullable String keepSize;

  @Option(
      names = "--keep-age",
      paramLabel = "AGE",
      description = "Age up to which reports are kept, such as 30d, or off (default).")
  private @Nullable String keepAge;

  @Option(
      names = "--helper",
      paramLabel = "PATH",
      description =
          "Path of an installed helper, which may have file capabilities (see `jmortem doctor"
              + " --advice setcap`).")
  private @Nullable String helper;

  @Option(
      names = "--tags",
      paramLabel = "K:V",
      description = "Tag that is copied into the report; may be given several times.")
  private @Nullable List<String> tags;

  /** For picocli. */
  CaptureOptions() {}

  /** The options that the user gave. */
  Map<String, String> given() {
    Map<String, String> given = new LinkedHashMap<>();
    put(given, "dir", dir);
    put(given, "freeze", freeze);
    put(given, "hold", hold);
    put(given, "deadline", deadline);
    put(given, "marker", marker);
    put(given, "snapshot", snapshot);
    put(given, "signals", signals);
    put(given, "on-exit", onExit);
    put(given, "redact", redact);
    put(given, "keep", keep);
    put(given, "keep-size", keepSize);
    put(given, "keep-age", keepAge);
    put(given, "helper", helper);
    put(given, "termination-message", terminationMessage);
    put(given, "tags", tags == null ? null : String.join(";", tags));
    return given;
  }

  private static void put(Map<String, String> to, String key, @Nullable String value) {
    if (value != null) {
      to.put(key, value);
    }
  }

  /**
   * Checks the options.
   *
   * @throws ParameterException if a value is wrong: a usage error
   */
  AgentOptions checked(Map<String, String> pairs) {
    AgentOptions options = AgentOptions.of(pairs);
    if (!options.problems().isEmpty()) {
      throw new ParameterException(spec.commandLine(), options.problems().get(0));
    }
    return options;
  }
}
