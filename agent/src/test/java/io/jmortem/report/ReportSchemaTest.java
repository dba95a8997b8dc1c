// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The published schema lets a reader meet fields and values of later versions; so it can't tell
 * whether this version keeps to it. That is compared here, both ways, with what is written.
 */
class ReportSchemaTest {

  private final JsonMapper mapper = JsonMapper.builder().build();
  private JsonNode schema;

  @BeforeEach
  void read() throws IOException {
    try (InputStream in = Report.class.getResourceAsStream("report.schema.json")) {
      schema = mapper.readTree(in);
    }
  }

  @Test
  void hasEachFieldThatIsWrittenAndNoOther() {
    compare("report", mapper.constructType(Report.class), schema);
  }

  @Test
  void isOfTheVersionThatIsWritten() {
    assertTrue(
        Report.SCHEMA_VERSION.matches(schema.at("/properties/schema_version/pattern").textValue()));
  }

  /** A closed one would refuse what the next minor version writes. */
  @Test
  void isOpen() {
    assertEquals(List.of(), schema.findValues("const"));
    assertEquals(List.of(), schema.findValues("enum"));
    for (JsonNode additional : schema.findValues("additionalProperties")) {
      assertTrue(additional.isObject(), additional::toString);
    }
  }

  private void compare(String at, JavaType type, JsonNode node) {
    JsonNode resolved = resolve(node);
    if (type.isCollectionLikeType()) {
      compare(at + "[]", type.getContentType(), resolved.path("items"));
    } else if (type.isEnumType()) {
      assertEquals(names(type), texts(resolved.path("x-values")), at);
    } else if (type.getRawClass().isRecord()) {
      compareRecord(at, type, resolved);
    } else {
      assertTrue(!resolved.isMissingNode(), at);
    }
  }

  private void compareRecord(String at, JavaType type, JsonNode node) {
    BeanDescription bean = mapper.getSerializationConfig().introspect(type);
    Set<String> written = new TreeSet<>();
    for (BeanPropertyDefinition property : bean.findProperties()) {
      written.add(property.getName());
      compare(
          at + "." + property.getName(),
          property.getPrimaryType(),
          node.path("properties").path(property.getName()));
    }
    Set<String> described = new TreeSet<>();
    node.path("properties").fieldNames().forEachRemaining(described::add);
    assertEquals(written, described, at);
  }

  private JsonNode resolve(JsonNode node) {
    return node.has("$ref") ? schema.at(node.get("$ref").textValue().substring(1)) : node;
  }

  private Set<String> names(JavaType type) {
    return new TreeSet<>(
        Arrays.stream(type.getRawClass().getEnumConstants())
            .map(each -> mapper.convertValue(each, String.class))
            .toList());
  }

  private static Set<String> texts(JsonNode array) {
    Set<String> texts = new TreeSet<>();
    for (Iterator<JsonNode> each = array.elements(); each.hasNext(); ) {
      texts.add(each.next().textValue());
    }
    return texts;
  }
}
