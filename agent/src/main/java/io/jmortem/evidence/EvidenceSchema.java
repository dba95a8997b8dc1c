// SPDX-License-Identifier: Apache-2.0
package io.jmortem.evidence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code schema/evidence.schema.json}: the events of the evidence, their fields, and which of them
 * may hold foreign text. C, Java and {@code docs/internals/evidence.md} are compared with it.
 */
public final class EvidenceSchema {

  /** Of a version in a message: the evidence may hold anything. */
  private static final int MAX_VERSION = 20;

  private static final String PROPERTIES = "properties";

  private static final JsonNode ROOT = load();

  /** The names of all fields that there are. */
  private static final Set<String> NAMES = new HashSet<>();

  private static final Node ANY_EVENT = node(ROOT);
  private static final Map<String, Node> EVENTS = events();

  private EvidenceSchema() {}

  private static JsonNode load() {
    try (InputStream in = EvidenceSchema.class.getResourceAsStream("evidence.schema.json")) {
      return JsonMapper.builder().build().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of this version: {@code MAJOR.MINOR}. */
  public static String version() {
    return ROOT.path("x-version").textValue();
  }

  /**
   * Refuses evidence with another major version, whose fields may mean something else. A newer
   * minor version has more of them, which are ignored.
   *
   * @throws IOException with both versions
   */
  public static void check(Evidence evidence) throws IOException {
    Optional<String> written = evidence.first(Event.Armed.class).map(Event.Armed::schema);
    if (written.isPresent() && !major(written.get()).equals(major(version()))) {
      throw new IOException(
          "evidence.ndjson has schema version "
              + written.get().substring(0, Math.min(written.get().length(), MAX_VERSION))
              + ", and this jmortem reads version "
              + major(version())
              + ".x: use the jmortem that recorded it");
    }
  }

  private static String major(String version) {
    int dot = version.indexOf('.');
    return dot < 0 ? version : version.substring(0, dot);
  }

  /** A field, with those below it where it is an object or a list of objects. */
  public static final class Node {

    /** What the schema does not know: all of it may be anybody's words. */
    public static final Node UNKNOWN = new Node(true, Map.of(), null);

    private final boolean isForeign;
    private final Map<String, Node> fields;
    private final @Nullable Node others;

    private Node(boolean isForeign, Map<String, Node> fields, @Nullable Node others) {
      this.isForeign = isForeign;
      this.fields = fields;
      this.others = others;
    }

    /** A field of this object, or of the objects in this list. */
    public Node field(String name) {
      Node field = fields.get(name);
      return field != null ? field : others != null ? others : UNKNOWN;
    }

    /** Whether a text here, or in this list, may hold words of the JVM, a process or a file. */
    public boolean isForeign() {
      return isForeign;
    }
  }

  private static Node node(JsonNode json) {
    JsonNode at = json.has("$ref") ? ROOT.at(json.get("$ref").textValue().substring(1)) : json;
    if (at.has("items")) {
      return node(at.get("items"));
    }
    Map<String, Node> fields = new HashMap<>();
    for (Map.Entry<String, JsonNode> field : at.path(PROPERTIES).properties()) {
      fields.put(field.getKey(), node(field.getValue()));
    }
    NAMES.addAll(fields.keySet());
    JsonNode others = at.path("additionalProperties");
    return new Node(
        at.path("x-foreign").asBoolean(true), fields, others.isObject() ? node(others) : null);
  }

  private static Map<String, Node> events() {
    Map<String, Node> events = new HashMap<>();
    for (JsonNode name : ROOT.path(PROPERTIES).path("event").path("x-values")) {
      Node own = node(ROOT.path("$defs").path("event_" + name.textValue()));
      Map<String, Node> all = new HashMap<>(ANY_EVENT.fields);
      all.putAll(own.fields);
      events.put(name.textValue(), new Node(true, all, null));
    }
    return events;
  }

  /**
   * The fields of an event.
   *
   * @param event its name; null while it is not known
   */
  public static Node ofEvent(@Nullable String event) {
    return event == null ? ANY_EVENT : EVENTS.getOrDefault(event, ANY_EVENT);
  }

  /** Whether it is the name of a field, and not a key that somebody has chosen. */
  public static boolean isName(String key) {
    return NAMES.contains(key);
  }
}
