// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Takes secrets out of the evidence, once the report has been made of it. */
final class EvidenceRedactor {

  private static final JsonMapper MAPPER = new JsonMapper();

  private EvidenceRedactor() {}

  /** The evidence's text without them. Only lines that hold command lines are touched. */
  static String redact(Path evidence, Redactor redactor) throws IOException {
    try (Stream<String> lines = Files.lines(evidence)) {
      return lines
          .map(line -> redactLine(line, redactor))
          .collect(Collectors.joining("\n", "", "\n"));
    }
  }

  /** Names of threads, wherever they are told. */
  private static String redactStacks(String line, Redactor redactor) {
    try {
      JsonNode event = MAPPER.readTree(line);
      for (JsonNode thread : event.path("dump").path("threads")) {
        redactField(thread, "name", redactor);
        redactField(thread.path("waitsFor"), "ownerName", redactor);
      }
      redactField(event.path("dump").path("reason"), "message", redactor);
      for (JsonNode deadlock : event.path("dump").path("deadlocks")) {
        if (deadlock.get("threads") instanceof ArrayNode names) {
          for (int i = 0; i < names.size(); i++) {
            names.set(i, redactor.text(names.get(i).asText()));
          }
        }
      }
      return MAPPER.writeValueAsString(event);
    } catch (JacksonException e) {
      return ""; // of no use to anybody
    }
  }

  private static void redactField(JsonNode node, String field, Redactor redactor) {
    if (node instanceof ObjectNode object && object.hasNonNull(field)) {
      object.put(field, redactor.text(object.get(field).asText()));
    }
  }

  private static String redactLine(String line, Redactor redactor) {
    if (line.contains("\"event\":\"stacks\"")) {
      return redactStacks(line, redactor);
    }
    boolean cmdline = line.contains("\"name\":\"cmdline\"");
    if (!cmdline && !line.contains("\"command_line\":") && !line.contains("\"vm-options\":")) {
      return line;
    }
    try {
      if (!(MAPPER.readTree(line) instanceof ObjectNode event)) {
        return line;
      }
      String key = cmdline ? "text" : "command_line";
      if (event.has(key)) {
        List<String> arguments = Arrays.asList(event.get(key).asText().split("\0", -1));
        event.put(key, String.join("\0", redactor.arguments(arguments)));
      }
      if (event.get("options") instanceof ObjectNode options && options.has("vm-options")) {
        options.put("vm-options", redactor.text(options.get("vm-options").asText()));
      }
      return MAPPER.writeValueAsString(event);
    } catch (JacksonException e) {
      return redactor.text(line);
    }
  }
}
