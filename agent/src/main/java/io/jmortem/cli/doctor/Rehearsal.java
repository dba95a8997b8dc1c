// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jmortem.cli.ChildJvm;
import io.jmortem.cli.demo.CrashingShop;
import io.jmortem.store.ReportStore;
import io.jmortem.store.StoredReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A test JVM that is armed as the user's would be, and exits or crashes. Its evidence tells which
 * capture level a crash on this host would have.
 *
 * @param level {@code full}, {@code memory}, {@code kernel}, {@code agent} or {@code none}
 * @param marker how a fatal fault is detected; {@code none} without BPF
 * @param missing what the helper could not do, and why; empty if it could do everything
 * @param said the lines that jmortem wrote to the JVM's stderr
 * @param verdict category and confidence, if the JVM crashed
 * @param steps milliseconds of each step, in the order of time; empty if the JVM did not crash
 */
record Rehearsal(
    String level,
    String marker,
    String missing,
    List<String> said,
    @Nullable String verdict,
    Map<String, Double> steps) {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Arms a JVM that then exits. */
  static Rehearsal arm(String options) throws IOException, InterruptedException {
    return play(options + ",on-exit=always", ArmAndExit.class);
  }

  /** Arms a JVM that then crashes. */
  static Rehearsal crash(String options) throws IOException, InterruptedException {
    return play(options, CrashingShop.class);
  }

  private static Rehearsal play(String options, Class<?> main)
      throws IOException, InterruptedException {
    try (ChildJvm child = ChildJvm.inNewDirectory()) {
      Path reports = child.directory().resolve("reports");
      child.run("dir=" + reports + options, main);
      List<String> said =
          child.output().lines().filter(line -> line.startsWith("jmortem: ")).toList();
      Optional<StoredReport> report = ReportStore.in(reports).finished().stream().findFirst();
      if (report.isEmpty()) {
        report = child.reportOfDaemon();
      }
      if (report.isEmpty()) {
        return new Rehearsal("none", "none", "no report was made", said, null, Map.of());
      }
      boolean hasCrashed = main == CrashingShop.class;
      return of(
          report.get(), said.stream().filter(line -> !line.contains(" -> ")).toList(), hasCrashed);
    }
  }

  private static Rehearsal of(StoredReport report, List<String> said, boolean hasCrashed)
      throws IOException {
    List<JsonNode> events = new ArrayList<>();
    for (String line : Files.readAllLines(report.path().resolve("evidence.ndjson"))) {
      events.add(MAPPER.readTree(line));
    }
    JsonNode armed = first(events, "armed");
    JsonNode probes = armed.path("probes");
    List<String> missing = new ArrayList<>();
    for (String each :
        List.of(
            probes.path("missing").asText(""),
            armed.path("memory").asText(""),
            armed.path("hold").asText(""))) {
      if (!each.isEmpty()) {
        missing.add(each);
      }
    }
    return new Rehearsal(
        armed.path("level").asText("none"),
        probes.path("marker").asText("none"),
        String.join("; ", missing),
        said,
        hasCrashed
            ? report.summary().category() + " (" + report.summary().confidence() + ")"
            : null,
        hasCrashed ? steps(events, report) : Map.of());
  }

  private static JsonNode first(List<JsonNode> events, String event) {
    return events.stream()
        .filter(each -> each.path("event").asText().equals(event))
        .findFirst()
        .orElse(MAPPER.missingNode());
  }

  private static Map<String, Double> steps(List<JsonNode> events, StoredReport report) {
    Map<String, Double> steps = new LinkedHashMap<>();
    JsonNode fault = first(events, "fatal_error");
    JsonNode held = first(events, "released");
    JsonNode exit = first(events, "exit");
    if (fault.path("fault").has("timeUnixNano")) {
      put(steps, "fault until HotSpot's decision", fault.path("fault"), fault);
    }
    put(steps, "decision until all threads are stopped", fault, first(events, "frozen"));
    if (held.has("held_ns")) {
      steps.put("stopped, to be read", held.path("held_ns").asLong() / 1e6);
    }
    put(steps, "release until exit", held, exit);
    if (exit.has("timeUnixNano")) {
      long published = report.content().lastChange().toEpochMilli();
      steps.put(
          "exit until the report is made", published - exit.path("timeUnixNano").asLong() / 1e6);
    }
    return steps;
  }

  private static void put(Map<String, Double> steps, String name, JsonNode from, JsonNode to) {
    if (from.has("timeUnixNano") && to.has("timeUnixNano")) {
      steps.put(
          name, (to.path("timeUnixNano").asLong() - from.path("timeUnixNano").asLong()) / 1e6);
    }
  }
}
