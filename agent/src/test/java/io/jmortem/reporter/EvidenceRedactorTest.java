// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jmortem.evidence.Event;
import io.jmortem.evidence.EvidenceSchema;
import io.jmortem.redact.Redactor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class EvidenceRedactorTest {

  private static final JsonMapper MAPPER = new JsonMapper();
  private static final String CANARY = "x password=canary";

  private static String redact(String evidence, Redactor redactor) {
    return new String(
        redact(evidence.getBytes(StandardCharsets.UTF_8), redactor), StandardCharsets.UTF_8);
  }

  private static byte[] redact(byte[] evidence, Redactor redactor) {
    ByteArrayOutputStream clean = new ByteArrayOutputStream();
    try {
      EvidenceRedactor.redact(new ByteArrayInputStream(evidence), clean, redactor);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return clean.toByteArray();
  }

  private static String redact(String evidence) {
    return redact(evidence, new Redactor(true));
  }

  // ---- all fields

  static Stream<JsonSubTypes.Type> events() {
    return Arrays.stream(Event.class.getAnnotation(JsonSubTypes.class).value());
  }

  /** A new field that is not declared safe can't show a secret. */
  @ParameterizedTest
  @MethodSource("events")
  void undeclaredTextIsRedacted(JsonSubTypes.Type event) throws IOException {
    Map<String, Object> whole = new LinkedHashMap<>();
    whole.put("id", "e1");
    whole.put("event", event.name());
    ((Map<?, ?>) filled(event.value())).forEach((key, value) -> whole.putIfAbsent("" + key, value));
    whole.put("new_field", CANARY);
    String line = MAPPER.writeValueAsString(whole);

    JsonNode left = MAPPER.readTree(redact(line + "\n"));
    List<String> shown = new ArrayList<>();
    collect("", left, EvidenceSchema.ofEvent(event.name()), shown);
    assertEquals(List.of(), shown);
    assertEquals("x password=<redacted>", left.get("new_field").asText());
  }

  private static Object filled(Type type) {
    if (type instanceof ParameterizedType generic) {
      Type[] of = generic.getActualTypeArguments();
      return of.length == 1
          ? List.of(filled(of[0]), filled(of[0]))
          : Map.of("a", filled(of[1]), CANARY, filled(of[1]), "token", filled(of[1]));
    } else if (type instanceof Class<?> kind && kind.isRecord()) {
      Map<String, Object> fields = new LinkedHashMap<>();
      for (RecordComponent component : kind.getRecordComponents()) {
        JsonProperty property = component.getAccessor().getAnnotation(JsonProperty.class);
        fields.put(
            property == null ? component.getName() : property.value(),
            filled(component.getGenericType()));
      }
      return fields;
    }
    return type == boolean.class || type == Boolean.class
        ? (Object) true
        : type == String.class || type == Object.class || ((Class<?>) type).isEnum() ? CANARY : 7;
  }

  private static void collect(
      String path, JsonNode node, EvidenceSchema.Node fields, List<String> shown) {
    if (node.isTextual() && node.asText().contains("canary") && fields.isForeign()) {
      shown.add(path + " " + node.asText());
    }
    if (node.isArray()) {
      node.forEach(element -> collect(path, element, fields, shown));
    }
    node.fieldNames()
        .forEachRemaining(
            name -> {
              if (name.contains("canary")) {
                shown.add("the key " + path + "." + name);
              }
              collect(path + "." + name, node.get(name), fields.field(name), shown);
            });
  }

  /** Fields that must never be declared safe. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"id\":\"e1\",\"event\":\"thread\",\"comm\":\"%s\"}",
        "{\"id\":\"e1\",\"event\":\"snapshot\",\"name\":\"snapshot\",\"text\":\"thread\\t1\\t%s\"}",
        "{\"id\":\"e1\",\"event\":\"stacks\",\"dump\":{\"threads\":[{\"name\":\"%s\"}]}}",
        "{\"id\":\"e1\",\"event\":\"stacks\",\"dump\":{\"deadlocks\":[{\"threads\":[\"%s\"]}]}}",
        "{\"id\":\"e1\",\"event\":\"stacks\",\"dump\":{\"threads\":[{\"waitsFor\":{\"ownerName\":\"%s\"}}]}}",
        "{\"id\":\"e1\",\"event\":\"signal_sent\",\"executable\":\"%s\"}",
        "{\"id\":\"e1\",\"event\":\"signal_sent\",\"cgroup\":\"/%s\"}",
        "{\"id\":\"e1\",\"event\":\"signal_sent\",\"command_line\":\"x\\u0000%s\"}",
        "{\"id\":\"e1\",\"event\":\"signal_sent\",\"ancestry\":[{\"comm\":\"%s\"}]}",
        "{\"id\":\"e1\",\"event\":\"signal_sent\",\"thread\":{\"comm\":\"%s\"}}",
        "{\"id\":\"e1\",\"event\":\"kernel_log\",\"text\":\"%s\"}",
        "{\"id\":\"e1\",\"event\":\"abort\",\"message\":\"%s\"}",
        "{\"id\":\"e1\",\"event\":\"fatal_error\",\"message\":\"%s\",\"detail\":\"%s\"}",
        "{\"id\":\"e1\",\"event\":\"proc_file\",\"name\":\"cwd\",\"text\":\"/%s\"}",
        "{\"id\":\"e1\",\"event\":\"proc_file\",\"text\":\"%s\",\"name\":\"cmdline\"}",
        "{\"id\":\"e1\",\"event\":\"armed\",\"options\":{\"vm-options\":\"%s\",\"dir\":\"/%s\"}}",
        "{\"id\":\"e1\",\"event\":\"problem\",\"what\":\"%s\"}",
        "{\"id\":\"e1\",\"event\":\"nobody_knows\",\"x\":[[{\"y\":\"%s\"}]]}",
        "{\"text\":\"%s\",\"id\":\"e1\",\"event\":\"stacks\"}",
      })
  void secretsAreTakenOut(String form) {
    for (String secret :
        List.of("https://me:hunter2@host/", "token=hunter2", "-Dpassword=hunter2")) {
      String left = redact(form.replace("%s", secret));
      assertFalse(left.contains("hunter2"), left);
      assertTrue(left.contains("<redacted>"), left);
    }
  }

  @Test
  void argumentsAreOneValueEach() {
    String line =
        "{\"id\":\"e5\",\"event\":\"proc_file\",\"name\":\"cmdline\",\"text\":"
            + "\"java\\u0000-Dpassword=one\\ntwo: three\\u0000--token\\u0000-X\\u0000Main\\u0000\"}\n"
            + "{\"id\":\"e6\",\"event\":\"kernel_log\",\"text\":\"one\\ntwo: three\"}\n";

    assertEquals(
        "{\"id\":\"e5\",\"event\":\"proc_file\",\"name\":\"cmdline\",\"text\":"
            + "\"java\\u0000-Dpassword=<redacted>\\u0000--token\\u0000<redacted>\\u0000Main\\u0000\"}\n"
            + "{\"id\":\"e6\",\"event\":\"kernel_log\",\"text\":\"<redacted>\"}\n",
        redact(line));
  }

  /** A snapshot escapes names with backslashes. */
  @Test
  void namesOfThreadsInSnapshots() {
    String line =
        "{\"id\":\"e1\",\"event\":\"snapshot\",\"name\":\"snapshot\",\"text\":"
            + "\"jmortem-snapshot\\t1\\t5\\t7\\nthread\\t1\\tNEW\\t0\\t%s\\nat\\ta.Token\\tget\\tToken.java\\t17\\nend\\n\"}\n";

    assertEquals(
        line.replace("%s", "{\\\"token\\\": \\\"<redacted>\\\"}"),
        redact(line.replace("%s", "{\\\"token\\\": \\\"a\\\\\\\\\\\"b hunter2\\\"}")));
    assertEquals(
        line.replace("%s", "a\\\\tb\\\\\\\\c pw=<redacted>"),
        redact(line.replace("%s", "a\\\\tb\\\\\\\\c pw=hunter2")));
  }

  @Test
  void namesOfFieldsStayAsTheyAre() {
    Redactor redactor = new Redactor(true);
    redactor.learn(List.of("--password", "command_line", "--password", "registers", "-x"));
    String line =
        "{\"id\":\"e1\",\"event\":\"signal_sent\",\"command_line\":\"a\",\"registers\":{\"rip\":\"0x1\"}}\n";

    assertEquals(line, redact(line, redactor));
  }

  @Test
  void secretNamesRedactAnyValue() {
    assertEquals(
        "{\"id\":\"e1\",\"event\":\"armed\",\"options\":{\"tokens\":{\"a\":[\"<redacted>\","
            + "\"<redacted>\",true]},\"b\":\"c\",\"pin.password\":\"<redacted>\"}}\n",
        redact(
            "{\"id\":\"e1\",\"event\":\"armed\",\"options\":{\"tokens\":{\"a\":[\"x\",7,true]},"
                + "\"b\":\"c\",\"pin.password\":1.5}}\n"));
  }

  // ---- lines

  @ParameterizedTest
  @ValueSource(strings = {"kernel", "full", "killed"})
  void evidenceWithoutSecretsStaysAsItIs(String level) throws IOException {
    try (InputStream recorded =
        EvidenceRedactorTest.class.getResourceAsStream(level + "/evidence.ndjson")) {
      byte[] evidence = recorded.readAllBytes();
      assertEquals(
          new String(evidence, StandardCharsets.UTF_8)
              .lines()
              .map(EvidenceRedactorTest::tree)
              .toList(),
          new String(redact(evidence, new Redactor(true)), StandardCharsets.UTF_8)
              .lines()
              .map(EvidenceRedactorTest::tree)
              .toList());
    }
  }

  private static JsonNode tree(String line) {
    try {
      return MAPPER.readTree(line);
    } catch (IOException e) {
      throw new AssertionError(line, e);
    }
  }

  @Test
  void offChangesNothing() {
    assertEquals("{\"a\": \"token=x\"", redact("{\"a\": \"token=x\"", new Redactor(false)));
  }

  @Test
  void unparsableLinesBecomeProblems() {
    String evidence =
        """
        {"id":"e1","event":"exit","status":1}

        password=hunter2
        {"id":"e2","event":"exit","comm":"token=hunter2
        [1]
        {"id":"e3","event":"exit","status":2}
        {"id":"e4","event":"exit","status":""";
    List<JsonNode> left = redact(evidence).lines().map(EvidenceRedactorTest::tree).toList();

    assertFalse(redact(evidence).contains("hunter2"));
    assertEquals(
        List.of("exit", "problem", "problem", "problem", "exit", "problem"),
        left.stream().map(event -> event.get("event").asText()).toList());
    assertTrue(left.get(1).get("what").asText().startsWith("evidence.ndjson line 3: "));
    assertEquals("evidence.ndjson line 5: no event", left.get(3).get("what").asText());
  }

  @Test
  void fewOfManyBrokenLinesAreReported() {
    assertEquals(20, redact("{\n".repeat(1000)).lines().count());
  }

  @Test
  void linesThatAreTooLongOrTooDeepEndThere() throws IOException {
    ByteArrayOutputStream clean = new ByteArrayOutputStream();
    String evidence =
        "{\"id\":\"e1\",\"text\":\"" + "x".repeat(3_000_000) + "\"}\n{\"id\":\"e2\"}\n";
    EvidenceRedactor.redact(
        new ByteArrayInputStream(evidence.getBytes(StandardCharsets.UTF_8)),
        clean,
        new Redactor(true),
        2_000_000);
    List<String> lines = clean.toString(StandardCharsets.UTF_8).lines().toList();

    assertTrue(
        lines.get(lines.size() - 2).contains("line 1: longer than 2000000"), lines::toString);
    assertEquals("{\"id\":\"e2\"}", lines.get(lines.size() - 1));
    assertTrue(redact("{\"a\":".repeat(5000) + "\n").contains("\"event\":\"problem\""));
  }

  @Test
  void longTextsArePassedOnInParts() {
    String part = "name=value token=hunter2 \\\"\\\\ \\u00e9\\ud83d\\ude00\\u0001\\n";
    String text = part.repeat(20_000);
    JsonNode left =
        tree(redact("{\"id\":\"e1\",\"event\":\"kernel_log\",\"text\":\"" + text + "\"}"));

    assertEquals(
        "name=value token=<redacted> \"\\ \u00e9\ud83d\ude00\u0001\n".repeat(20_000),
        left.get("text").asText());
  }

  @Test
  void longLinesArePassedOnInParts() throws IOException {
    String thread =
        "{\"name\":\"worker token=hunter2\",\"frames\":[{\"className\":\"a.B\",\"line\":7}]}";
    String form = "{\"id\":\"e1\",\"event\":\"stacks\",\"dump\":{\"threads\":[%s]}}\n";
    String threads = (thread + ",").repeat(50_000) + "{}";
    ByteArrayOutputStream clean =
        new ByteArrayOutputStream() {
          @Override
          public synchronized void write(byte[] bytes, int offset, int length) {
            assertTrue(length <= 1024 * 1024 + 64 * 1024, "in parts");
            super.write(bytes, offset, length);
          }
        };
    EvidenceRedactor.redact(
        new ByteArrayInputStream(form.replace("%s", threads).getBytes(StandardCharsets.UTF_8)),
        clean,
        new Redactor(true));

    assertEquals(
        form.replace("%s", threads.replace("hunter2", "<redacted>")),
        clean.toString(StandardCharsets.UTF_8));
  }
}
