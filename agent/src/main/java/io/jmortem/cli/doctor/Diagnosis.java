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

/**
 * What the doctor has found.
 *
 * @param level that a crash here and now would have: {@code full}, {@code memory}, {@code kernel},
 *     {@code agent} or {@code none}
 * @param marker how a fatal fault would be recognised
 * @param meaning of the level, in a sentence
 * @param missing what could not be had, in the helper's words; empty if all could
 * @param said what a JVM says on its stderr at start
 * @param findings one for each thing that was looked at
 * @param rehearsal of a crash, if there was one: the verdict, and milliseconds of each step
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Diagnosis(
    String level,
    String marker,
    String meaning,
    String missing,
    List<String> said,
    List<Finding> findings,
    Outcome rehearsal) {

  /**
   * Of a crash that was rehearsed.
   *
   * @param verdict with its confidence
   * @param steps milliseconds, in the order of time
   */
  public record Outcome(String verdict, Map<String, Double> steps) {}

  /**
   * Looks at everything.
   *
   * @param given those of the options that differ from the defaults
   * @param rehearse whether a JVM is to crash for it
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
                "the kernel's evidence, and every thread's stack at the moment of death";
            case "delivery" ->
                "the kernel's evidence and every stack; but of a crash inside the VM, what HotSpot's"
                    + " own log says (marker delivery sees native code alone)";
            default -> "the kernel's evidence and every stack, at the end of a crash only";
          };
      case "memory" ->
          "every thread's stack in any death; who sent a signal is not seen, nor a fault but by"
              + " HotSpot's own log";
      case "kernel" ->
          "the kernel's evidence; stacks are those of the last rolling snapshot, and HotSpot's log's";
      case "agent" -> "HotSpot's own log, and the stacks of the last rolling snapshot";
      default -> "no report";
    };
  }

  /** For a terminal. */
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
