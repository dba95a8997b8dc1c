// SPDX-License-Identifier: Apache-2.0
package io.jmortem.evidence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jmortem.RepeatedText;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Evidence of any size is read in bounded memory, and what is left out is told. */
class EvidenceLimitsTest {

  private static final String EXIT =
      "\n{\"id\":\"e9\",\"event\":\"exit\",\"timeUnixNano\":\"9\",\"status\":9}\n";

  private static InputStream text(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  private static InputStream all(InputStream... parts) {
    return new SequenceInputStream(Collections.enumeration(List.of(parts)));
  }

  private static Evidence read(InputStream... parts) throws IOException {
    return new EvidenceReader(false).read(all(parts));
  }

  private static void assertExitIsKnown(Evidence evidence) {
    assertEquals(9, evidence.status().orElse(-1), () -> evidence.problems().toString());
  }

  private static void assertProblem(Evidence evidence, String part) {
    assertTrue(
        evidence.problems().stream().anyMatch(each -> each.contains(part)),
        () -> evidence.problems().toString());
  }

  @Test
  void longLine() throws IOException {
    Evidence evidence =
        read(
            text("{\"id\":\"e1\",\"event\":\"proc_file\",\"name\":\"maps\",\"text\":\""),
            new RepeatedText("x", 300_000_000),
            text("\"}" + EXIT));

    assertEquals(1, evidence.events().size());
    assertExitIsKnown(evidence);
    assertProblem(evidence, "line 1: 300000");
  }

  @Test
  void longStacks() throws IOException {
    Evidence evidence =
        read(
            text("{\"id\":\"e1\",\"event\":\"stacks\",\"dump\":{\"threads\":["),
            new RepeatedText("{},", 150_000_000),
            text("{}]}}" + EXIT));

    assertExitIsKnown(evidence);
    assertProblem(evidence, "the stacks of all threads are in the evidence, but too many");
  }

  /** Of no great length, but with more in it than there is memory for. */
  @Test
  void toldInManyWords() throws IOException {
    Evidence stacks =
        read(
            text("{\"id\":\"e1\",\"event\":\"stacks\",\"dump\":{\"threads\":["),
            new RepeatedText("{},", 36_000_000),
            text("{}]}}" + EXIT));
    Evidence options =
        read(
            text("{\"id\":\"e1\",\"event\":\"armed\",\"options\":{\"a\":["),
            new RepeatedText("[],", 36_000_000),
            text("[]]}}" + EXIT));

    assertExitIsKnown(stacks);
    assertProblem(stacks, "the stacks of all threads are in the evidence, but too many");
    assertExitIsKnown(options);
    assertProblem(options, "line 1: Token count");
  }

  /** A line that is just not too long, beside others: they have one limit together. */
  @Test
  void manyLongLines() throws IOException {
    String start = "{\"id\":\"e1\",\"event\":\"problem\",\"what\":\"";
    InputStream[] parts = new InputStream[13];
    for (int i = 0; i < 12; i += 3) {
      parts[i] = text(start);
      parts[i + 1] = new RepeatedText("x", 40_000_000);
      parts[i + 2] = text("\"}\n");
    }
    parts[12] = text(EXIT);
    Evidence evidence = read(parts);

    assertEquals(3, evidence.events().size());
    assertExitIsKnown(evidence);
    assertProblem(evidence, "2 more events");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"id\":\"e1\",\"event\":\"problem\",\"timeUnixNano\":\"1\",\"what\":\"x\"}\n",
        "{\"id\":\"e1\",\"event\":\"never heard of\"}\n",
        "{\"event\":\"problem\"}\n",
        "x\n",
        "\n"
      })
  void twoMillionLines(String line) throws IOException {
    Evidence evidence = read(new RepeatedText(line, 2_000_000L * line.length()), text(EXIT));

    assertTrue(evidence.events().size() <= 201_000, () -> "" + evidence.events().size());
    assertTrue(evidence.problems().size() <= 22, () -> "" + evidence.problems().size());
    assertExitIsKnown(evidence);
  }

  @ParameterizedTest
  @ValueSource(strings = {"[", "{\"a\":", "{\"id\":\"e1\",\"event\":\"armed\",\"options\":{\"a\":"})
  void deep(String start) throws IOException {
    for (String nested : List.of("[", "{\"a\":")) {
      Evidence evidence =
          read(text(start), new RepeatedText(nested, 5_000_000L * nested.length()), text(EXIT));
      assertEquals(1, evidence.events().size());
      assertExitIsKnown(evidence);
      assertEquals(1, evidence.problems().size(), () -> evidence.problems().toString());
    }
  }

  /** As a sparse file has it, with nothing else and behind what counts. */
  @Test
  void nothingButZeros() throws IOException {
    Evidence evidence = read(text(EXIT), new RepeatedText("\0", 2L << 30));

    assertExitIsKnown(evidence);
    assertProblem(evidence, "larger than any evidence");
  }

  @Test
  void lines() throws IOException {
    for (int size : new int[] {0, 1, 65_535, 65_536, 65_537, 200_000}) {
      EvidenceLines lines = new EvidenceLines(all(new RepeatedText("a", size), text("\nb\n\nc")));
      StringBuilder found = new StringBuilder();
      while (lines.next()) {
        found.append(lines.number()).append(':').append(lines.length()).append(' ');
      }
      assertEquals("1:" + size + " 2:1 3:0 4:1 ", found.toString());
    }
  }
}
