// SPDX-License-Identifier: Apache-2.0
package io.jmortem.evidence;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads {@code evidence.ndjson}. A line that is no event, or is cut off since the helper died or
 * the disk filled up, becomes a problem; the others count.
 */
public final class EvidenceReader {

  /** The helper writes no file of more than 32 MiB into a line; escaped, it may be longer. */
  private static final int MAX_LINE = 256 * 1024 * 1024;

  private static final int MAX_PROBLEMS = 20;

  private final JsonMapper mapper;

  /**
   * @param strict whether a field that is not known makes a line a problem; for tests, in which C
   *     and Java must agree
   */
  public EvidenceReader(boolean strict) {
    JsonFactory factory =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder().maxStringLength(MAX_LINE).build())
            .build();
    this.mapper =
        JsonMapper.builder(factory)
            .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, strict)
            .configure(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES, false)
            .build();
  }

  /**
   * Reads a file of evidence.
   *
   * @throws IOException if the file can't be read
   */
  public Evidence read(Path file) throws IOException {
    return read(file, true);
  }

  /**
   * Reads a file of evidence but for the stacks, which may be too many.
   *
   * @throws IOException if the file can't be read
   */
  public Evidence readWithoutStacks(Path file) throws IOException {
    return read(file, false);
  }

  private Evidence read(Path file, boolean withStacks) throws IOException {
    List<Event> events = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    var decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(Files.newInputStream(file), decoder))) {
      int number = 0;
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        number++;
        if (!withStacks && line.contains("\"event\":\"stacks\"")) {
          problems.add("the stacks of all threads are in the evidence, but too many to be shown");
        } else if (!line.isBlank()) {
          readLine(line, number, events, problems);
        }
      }
    }
    return new Evidence(List.copyOf(events), List.copyOf(problems));
  }

  private void readLine(String line, int number, List<Event> events, List<String> problems) {
    String problem;
    try {
      Event event = mapper.readValue(line, Event.class);
      if (event != null && event.id() != null) {
        events.add(event);
        return;
      }
      problem = "no event";
    } catch (JacksonException e) {
      problem = e.getOriginalMessage();
    }
    if (problems.size() < MAX_PROBLEMS) {
      problems.add("evidence.ndjson line " + number + ": " + problem);
    }
  }
}
