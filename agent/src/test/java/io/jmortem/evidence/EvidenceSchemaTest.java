// SPDX-License-Identifier: Apache-2.0
package io.jmortem.evidence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The evidence's schema, the lines that C writes ({@code test/samples.c}), the records that Java
 * reads, and {@code docs/internals/evidence.md} say the same.
 */
class EvidenceSchemaTest {

  private static final Path SAMPLES =
      Path.of(System.getProperty("jmortem.samples"), "evidence.ndjson");

  private static final Path PAGE = Path.of("../docs/internals/evidence.md");
  private static final String GENERATED = "<!-- The rest is generated from the schema. -->\n";

  private static final int WIDTH = 100;

  /** The reporter writes it. */
  private static final String BY_THE_REPORTER = "mapped_file";

  private final JsonMapper mapper = JsonMapper.builder().build();
  private JsonNode schema;

  @BeforeEach
  void read() throws IOException {
    try (InputStream in = EvidenceSchema.class.getResourceAsStream("evidence.schema.json")) {
      schema = mapper.readTree(in);
    }
  }

  // ---- Java

  @Test
  void javaReadsEachFieldAndNoOther() {
    Map<String, Class<?>> kinds = new TreeMap<>();
    for (JsonSubTypes.Type type : Event.class.getAnnotation(JsonSubTypes.class).value()) {
      kinds.put(type.name(), type.value());
    }
    assertEquals(kinds.keySet(), events());
    kinds.forEach(
        (name, kind) -> compareRecord(name, mapper.constructType(kind), event(name), common()));
  }

  private void compare(String at, JavaType type, JsonNode node) {
    JsonNode resolved = resolve(node);
    if (type.isCollectionLikeType()) {
      compare(at + "[]", type.getContentType(), resolved.path("items"));
    } else if (type.isEnumType()) {
      Set<String> names = new TreeSet<>();
      for (Object constant : type.getRawClass().getEnumConstants()) {
        names.add(mapper.convertValue(constant, String.class));
      }
      assertEquals(names, texts(resolved.path("x-values")), at);
    } else if (type.getRawClass().isRecord()) {
      compareRecord(at, type, resolved, Set.of());
    } else {
      assertTrue(!resolved.isMissingNode(), at);
    }
  }

  private void compareRecord(String at, JavaType type, JsonNode node, Set<String> besides) {
    Set<String> read = new TreeSet<>();
    for (BeanPropertyDefinition property :
        mapper.getDeserializationConfig().introspect(type).findProperties()) {
      if (!besides.contains(property.getName())) {
        read.add(property.getName());
        compare(
            at + "." + property.getName(),
            property.getPrimaryType(),
            node.path("properties").path(property.getName()));
      }
    }
    assertEquals(new TreeSet<>(names(node.path("properties"))), read, at);
  }

  // ---- C

  @Test
  void cWritesEachEventAndFieldAsTheSchemaSays() throws IOException {
    Schema strict =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(schema.toString(), InputFormat.JSON);
    Map<String, Set<String>> written = new TreeMap<>();
    for (String line : Files.readAllLines(SAMPLES)) {
      JsonNode event = mapper.readTree(line);
      String name = event.path("event").textValue();
      assertEquals(List.of(), strict.validate(line, InputFormat.JSON), line);
      assertEquals(List.of(), unknown(name, event, event(name), common()), line);
      written.computeIfAbsent(name, key -> new TreeSet<>()).addAll(names(event));
    }
    Set<String> expected = events();
    expected.remove(BY_THE_REPORTER);
    assertEquals(expected, written.keySet());
    for (String name : expected) {
      Set<String> fields = new TreeSet<>(names(event(name).path("properties")));
      fields.addAll(common());
      assertEquals(fields, written.get(name), name);
    }
  }

  /** Fields that the schema does not have, and values that its lists do not have. */
  private List<String> unknown(String at, JsonNode value, JsonNode node, Set<String> besides) {
    JsonNode resolved = resolve(node);
    List<String> unknown = new ArrayList<>();
    if (value.isArray()) {
      value.forEach(each -> unknown.addAll(unknown(at, each, resolved.path("items"), Set.of())));
    } else if (value.isObject()) {
      for (String name : names(value)) {
        JsonNode field = resolved.path("properties").path(name);
        JsonNode others = resolved.path("additionalProperties");
        if (!besides.contains(name)) {
          unknown.addAll(
              unknown(
                  at + "." + name,
                  value.get(name),
                  field.isMissingNode() ? known(others) : field,
                  Set.of()));
        }
      }
    } else if (resolved.isMissingNode()) {
      unknown.add(at);
    } else if (resolved.has("x-values")
        && !texts(resolved.get("x-values")).contains(value.textValue())) {
      unknown.add(at + "=" + value);
    }
    return unknown;
  }

  /** What a later version may add is foreign: this version does not write it. */
  private static JsonNode known(JsonNode others) {
    return others.path("x-foreign").asBoolean(true) ? MissingNode.getInstance() : others;
  }

  @Test
  void versionIsTheHelpers() throws IOException {
    String header = Files.readString(Path.of("../native-helper/src/evidence/events.h"));

    assertTrue(
        header.contains("#define EVIDENCE_SCHEMA \"" + EvidenceSchema.version() + "\""),
        EvidenceSchema.version());
  }

  // ---- the schema itself

  /** A closed one would refuse what the next minor version writes. */
  @Test
  void isOpen() {
    assertEquals(List.of(), schema.findValues("enum"));
    for (JsonNode additional : schema.findValues("additionalProperties")) {
      assertTrue(additional.isObject(), additional::toString);
    }
  }

  /** Or the redactor and the page would have nothing to go by. */
  @Test
  void eachFieldHasAMeaning_eachTextSaysWhoseItIs() {
    List<String> lacking = new ArrayList<>();
    collectLacking("", schema.path("$defs"), lacking);
    collectLacking("", schema.path("properties"), lacking);
    assertEquals(List.of(), lacking);
  }

  private void collectLacking(String at, JsonNode fields, List<String> lacking) {
    for (String name : names(fields)) {
      JsonNode field = fields.get(name);
      String path = at + "." + name;
      if (!field.has("description") && !field.has("$ref")) {
        lacking.add(path + " has no description");
      }
      if (field.path("type").asText().equals("string") && !field.path("x-foreign").isBoolean()) {
        lacking.add(path + " has no x-foreign");
      }
      collectLacking(path, field.path("properties"), lacking);
      JsonNode items = field.path("items");
      if (items.path("type").asText().equals("string") && !items.path("x-foreign").isBoolean()) {
        lacking.add(path + "[] has no x-foreign");
      }
      collectLacking(path + "[]", items.path("properties"), lacking);
    }
  }

  // ---- the page

  /** {@code -Djmortem.write=true} writes it anew. */
  @Test
  void pageIsOfThisSchema() throws IOException {
    String page = Files.readString(PAGE);
    int start = page.indexOf(GENERATED) + GENERATED.length();
    assertTrue(start >= GENERATED.length(), GENERATED);
    String expected = page.substring(0, start) + tables();
    if (Boolean.getBoolean("jmortem.write")) {
      Files.writeString(PAGE, expected);
    } else {
      assertEquals(expected, page, "write it anew: -Djmortem.write=true");
    }
  }

  private String tables() {
    StringBuilder page = new StringBuilder("\n## Every event\n");
    addTable(page, schema);
    Set<String> done = new HashSet<>();
    for (JsonNode name : schema.at("/properties/event/x-values")) {
      addSection(page, name.textValue(), event(name.textValue()));
      done.add("event_" + name.textValue());
    }
    for (String name : names(schema.path("$defs"))) {
      JsonNode definition = schema.path("$defs").path(name);
      if (!done.contains(name) && definition.has("properties")) {
        addSection(page, name, definition);
      }
    }
    return page.toString();
  }

  private void addSection(StringBuilder page, String name, JsonNode object) {
    page.append("\n## `").append(name).append("`\n\n");
    page.append(sentence(object.path("description").textValue())).append("\n");
    if (!object.path("properties").isEmpty()) {
      addTable(page, object);
    }
  }

  private void addTable(StringBuilder page, JsonNode object) {
    page.append("\n| field | type | meaning |\n|---|---|---|\n");
    addRows(page, "", object);
  }

  private void addRows(StringBuilder page, String prefix, JsonNode object) {
    for (String name : names(object.path("properties"))) {
      addRow(page, prefix + name, object.path("properties").get(name));
    }
  }

  private void addRow(StringBuilder page, String name, JsonNode field) {
    JsonNode resolved = resolve(field);
    JsonNode items = resolved.path("items");
    page.append("| `").append(name).append("` | ").append(type(field)).append(" | ");
    page.append(
        field.has("description")
            ? field.get("description").textValue()
            : resolved.path("description").textValue());
    JsonNode values = resolved.path("x-values");
    if (!values.isEmpty()) {
      page.append(": ").append(String.join(", ", list(values)));
    }
    boolean isForeign =
        resolved.path("x-foreign").asBoolean(false) || items.path("x-foreign").asBoolean(false);
    page.append(isForeign ? " (foreign)" : "").append(" |\n");
    if (!field.has("$ref")) {
      addRows(page, name + ".", resolved);
      addRows(page, name + "[].", items);
    }
  }

  private static String type(JsonNode field) {
    if (field.has("$ref")) {
      String name = field.get("$ref").textValue().replaceFirst(".*/", "");
      return name.equals("moment") || name.equals("registers") ? name : "`" + name + "`";
    }
    JsonNode items = field.path("items");
    return items.isMissingNode() ? field.path("type").asText() : "list of " + type(items);
  }

  /** With a capital letter and a full stop, in lines. */
  private static String sentence(String text) {
    String capital = text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    StringBuilder lines = new StringBuilder();
    int length = 0;
    for (String word : (capital.endsWith(".") ? capital : capital + ".").split(" ", -1)) {
      boolean isFirst = length == 0;
      boolean fits = length + 1 + word.length() <= WIDTH;
      lines.append(isFirst ? "" : fits ? " " : "\n").append(word);
      length = isFirst || !fits ? word.length() : length + 1 + word.length();
    }
    return lines.toString();
  }

  // ---- the schema's parts

  private Set<String> events() {
    return texts(schema.at("/properties/event/x-values"));
  }

  private Set<String> common() {
    return new TreeSet<>(names(schema.path("properties")));
  }

  private JsonNode event(String name) {
    return schema.path("$defs").path("event_" + name);
  }

  private JsonNode resolve(JsonNode node) {
    return node.has("$ref") ? schema.at(node.get("$ref").textValue().substring(1)) : node;
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static List<String> list(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(each -> texts.add(each.textValue()));
    return texts;
  }

  private static Set<String> texts(JsonNode array) {
    return new TreeSet<>(list(array));
  }
}
