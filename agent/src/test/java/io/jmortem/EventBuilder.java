// SPDX-License-Identifier: Apache-2.0
package io.jmortem;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jmortem.evidence.Event;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Evidence for tests. Fields have the same names as in a line of evidence. Fields that are not set
 * are null or 0.
 */
public final class EventBuilder {

  private static final JsonMapper MAPPER = new JsonMapper();

  private final Map<String, Object> fields = new LinkedHashMap<>();

  private EventBuilder() {}

  /**
   * An event.
   *
   * @param name such as {@code signal_sent}
   */
  public static EventBuilder event(String name, String id, long timeUnixNano) {
    return new EventBuilder().with("event", name).with("id", id).with("timeUnixNano", timeUnixNano);
  }

  /** A signal that a handler caught, as part of an event. */
  public static EventBuilder fault() {
    return new EventBuilder();
  }

  /** Sets a field. */
  public EventBuilder with(String field, Object value) {
    fields.put(field, value);
    return this;
  }

  /** The event. */
  public Event build() {
    return MAPPER.convertValue(fields, Event.class);
  }

  /** The signal that a handler caught. */
  public Event.Fault buildFault() {
    return MAPPER.convertValue(fields, Event.Fault.class);
  }
}
