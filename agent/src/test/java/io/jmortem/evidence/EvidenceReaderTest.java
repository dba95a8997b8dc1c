// SPDX-License-Identifier: Apache-2.0
package io.jmortem.evidence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class EvidenceReaderTest {

  /** A line of each kind of record, written by the helper's own code: {@code test/samples.c}. */
  private static final Path SAMPLES =
      Path.of(System.getProperty("jmortem.samples"), "evidence.ndjson");

  private static Evidence read(Path file) throws IOException {
    try (InputStream stream = Files.newInputStream(file)) {
      return new EvidenceReader(true).read(stream);
    }
  }

  private static Evidence read(String lines) throws IOException {
    return new EvidenceReader(false).read(stream(lines));
  }

  private static InputStream stream(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Each field of a record is in the helper's samples; EvidenceSchemaTest compares the rest. */
  @Test
  void layoutIsTheHelpers() throws ReflectiveOperationException, IOException {
    Evidence evidence = read(SAMPLES);

    assertEquals(List.of(), evidence.problems());
    for (Event event : evidence.events()) {
      if (event instanceof Event.Exit exit && exit.thread() == null) {
        continue; // the helper's own, where BPF did not see it
      }
      if (event instanceof Event.SignalSent sent && sent.withheld()) {
        continue; // the other one has all fields
      }
      for (RecordComponent field : event.getClass().getRecordComponents()) {
        Object value = field.getAccessor().invoke(event);
        boolean isLeftOut = value == null || (value instanceof Integer number && number == 0);
        assertTrue(
            !isLeftOut || field.getName().equals("uid"),
            () -> event.getClass().getSimpleName() + "." + field.getName());
      }
    }
  }

  @Test
  void values() throws IOException {
    Evidence evidence = read(SAMPLES);
    Event.FatalError error = evidence.first(Event.FatalError.class).orElseThrow();
    Event.SignalSent sent = evidence.first(Event.SignalSent.class).orElseThrow();

    assertEquals(1_001_000, error.timeUnixNano());
    assertEquals(0xe0000000L, error.errorId());
    assertEquals(new Event.ThreadIds(201, 200, 301, 300, 101, 100, "crash \"er\""), error.thread());
    assertEquals("0x18", error.fault().address());
    assertEquals(18, error.fault().registers().size());
    assertEquals("0x1010", error.fault().registers().get("rip"));
    assertEquals("0x1013", error.fault().registers().get("rsp"));
    assertEquals("sigstop", error.freeze());
    assertEquals("kill\0-9\000300\0", sent.commandLine());
    assertEquals(List.of(new Event.Ancestor(6, 5, "bash")), sent.ancestry());
    assertEquals(-6, sent.code());
  }

  @Test
  void brokenLinesAreProblemsAndTheOthersCount() throws IOException {
    Evidence evidence =
        read(
            """
            {"id":"e1","event":"problem","timeUnixNano":"1","what":"x"}

            {"id":"e2","event":"never heard of"}
            {"id":"e3","event":"problem","timeUnixNano":"2","what":"y","new":1}
            no json
            {"event":"problem"}
            null
            {"id":"e4","event":"exit","status":{}}
            {"id":"e5","event":"prob\
            """);

    assertEquals(List.of("e1", "e3"), evidence.events().stream().map(Event::id).toList());
    assertEquals(6, evidence.problems().size(), evidence.problems()::toString);
    assertTrue(evidence.problems().get(0).startsWith("evidence.ndjson line 3: "));
  }

  @Test
  void anyTruncationIsRead() throws IOException {
    byte[] whole = Files.readAllBytes(SAMPLES);
    int events = read(SAMPLES).events().size();
    for (int length = 0; length < whole.length; length += 5) {
      InputStream cut = new ByteArrayInputStream(whole, 0, length);
      assertTrue(new EvidenceReader(false).read(cut).events().size() <= events);
    }
  }

  @Test
  void filesAndOptions() throws IOException {
    Evidence evidence =
        read(
            """
        {"id":"e1","event":"armed","timeUnixNano":"1","options":{"dir":"/d","report-options":"keep=3\\ntags=a:b\\n"}}
        {"id":"e2","event":"proc_file","timeUnixNano":"1","name":"cmdline","text":"java\\u0000x"}
        {"id":"e3","event":"proc_file","timeUnixNano":"1","name":"cmdline","text":""}
        """);

    assertEquals("java\0x", evidence.procFile("cmdline").orElseThrow());
    assertTrue(evidence.procFile("maps").isEmpty());
    assertEquals("/d", evidence.options().orElseThrow().dir());
    assertEquals(List.of(), evidence.vmOptions());
    assertEquals("3", evidence.reportOption("keep"));
    assertEquals("", evidence.reportOption("redact"));
  }

  @Test
  void aNewerMinorVersionIsRead() throws IOException {
    String line = "{\"id\":\"e1\",\"event\":\"armed\",\"timeUnixNano\":\"1\",\"schema\":\"%s\"}\n";
    EvidenceSchema.check(read(line.formatted("1.999")));
    EvidenceSchema.check(read(""));
    assertThrows(
        IOException.class,
        () -> EvidenceSchema.check(read(line.formatted("2.0"))),
        "schema version 2.0");
  }

  @Test
  void stacksMayBeLeftOut() throws IOException {
    String lines =
        """
        {"id":"e1","event":"stacks","timeUnixNano":"1","dump":{"feature":17,"threads":[{"name":"a"}]}}
        {"id":"e2","event":"complete","timeUnixNano":"2","status":true}
        """;
    EvidenceReader reader = new EvidenceReader(true);

    Event.Stacks stacks = reader.read(stream(lines)).first(Event.Stacks.class).orElseThrow();
    assertEquals("a", stacks.dump().threads().get(0).name());
    assertEquals(List.of(), stacks.dump().threads().get(0).frames());
    Evidence without = reader.readWithoutStacks(stream(lines));
    assertTrue(without.first(Event.Stacks.class).isEmpty());
    assertEquals(1, without.events().size());
    assertTrue(without.problems().get(0).contains("too many"), () -> without.problems().toString());
  }
}
