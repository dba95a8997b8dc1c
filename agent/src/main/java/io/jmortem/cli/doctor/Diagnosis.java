// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli.doctor;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.jmortem.agent.AgentOptions;
import io.jmortem.cli.live.AgentArguments;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What `jmortem doctor` found.
 *
 * @param level the capture level that a crash on this host would have: {@code full}, {@code
 *     memory}, {@code kernel}, {@code agent} or {@code none}
 * @param marker how a fatal fault would be detected
 * @param meaning of the level, in a sentence
 * @param missing what the helper could not do, in its words; empty if it could do everything
 * @param said the lines that jmortem wrote to the test JVM's stderr
 * @param findings one for each check
 * @param rehearsal the verdict and the milliseconds of each step, if the test JVM crashed
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Diagnosis(
    String level,
    String marker,
    String meaning,
    String missing,
    List<String> said,
    List<Finding> findings,
    @Nullable Outcome rehearsal) {

  /**
   * The result of a rehearsed crash.
   *
   * @param verdict with its confidence
   * @param steps milliseconds, in the order of time
   */
  public record Outcome(String verdict, Map<String, Double> steps) {}

  /**
   * Starts a test JVM, and runs all checks.
   *
   * @param given the options that the user gave
   * @param rehearse whether the test JVM is to crash
   */
  public static Diagnosis make(AgentOptions options, Map<String, String> given, boolean rehearse)
      throws IOException, InterruptedException {
    Map<String, String> passed = new LinkedHashMap<>(given);
    passed.keySet().removeAll(List.of("dir", "on-exit"));
    String arguments = passed.isEmpty() ? "" : "," + AgentArguments.joined(passed);
    Rehearsal rehearsal = rehearse ? Rehearsal.crash(arguments) : Rehearsal.arm(arguments);
    Path reports = Path.of(options.value("dir")).toAbsolutePath();
    return new Diagnosis(
        rehearsal.level(),
        rehearsal.marker(),
        meaning(rehearsal),
        rehearsal.missing(),
        rehearsal.said(),
        new HostChecks(reports, !options.value("helper").isEmpty()).run(),
        rehearsal.verdict() == null ? null : new Outcome(rehearsal.verdict(), rehearsal.steps()));
  }

  private static String meaning(Rehearsal rehearsal) {
    return switch (rehearsal.level()) {
      case "full" ->
          switch (rehearsal.marker()) {
            case "uprobe", "fentry", "syscalls" ->
                "kernel evidence, and the stack of every thread at the moment of death";
            case "delivery" ->
                "kernel evidence and all stacks; crashes inside libjvm are known only from hs_err"
                    + " (marker delivery detects faults only in native code)";
            default -> "kernel evidence and all stacks; for a crash only at the end of the process";
          };
      case "memory" ->
          "the stack of every thread at any death; senders of signals are not recorded; faults are"
              + " known only from hs_err";
      case "kernel" ->
          "kernel evidence; stacks come only from the last rolling snapshot and from hs_err";
      case "agent" -> "hs_err, and the stacks of the last rolling snapshot";
      default -> "no report";
    };
  }

  /** Prints it for a terminal. */
  public void print(PrintWriter out) {
    out.println("LEVEL     " + level + " (marker " + marker + ")");
    out.println("MEANS     " + meaning);
    if (!missing.isEmpty()) {
      out.println("MISSING   " + missing);
    }
    for (String line : said) {
      out.println("SAYS      " + line);
    }
    if (rehearsal != null) {
      out.println("VERDICT   " + rehearsal.verdict());
      rehearsal
          .steps()
          .forEach(
              (step, millis) ->
                  out.println(String.format(Locale.ROOT, "          %9.1f ms  %s", millis, step)));
    }
    out.println();
    for (Finding finding : findings) {
      out.println(
          String.format(
              "%-7s  %-15s  %s", finding.state().json(), finding.check(), finding.found()));
      if (finding.fix() != null) {
        out.println(String.format("%-7s  %-15s    -> %s", "", "", finding.fix()));
      }
    }
  }
}
