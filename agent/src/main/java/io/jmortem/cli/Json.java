// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;

/** What {@code --json} prints. */
final class Json {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Json() {}

  /** In one line. */
  static String line(Object value) {
    return write(value, MAPPER);
  }

  /** For people too. */
  static String pretty(Object value) {
    return write(value, MAPPER.copy().enable(SerializationFeature.INDENT_OUTPUT));
  }

  private static String write(Object value, ObjectMapper mapper) {
    try {
      return mapper.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("can't be written as JSON: " + value, e);
    }
  }
}
