// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.jmortem.report.TerminalWriter;
import java.io.IOException;
import java.io.StringWriter;

/** What {@code --json} prints. What a terminal would obey is escaped. */
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
      StringWriter text = new StringWriter();
      mapper.writeValue(TerminalWriter.ofJson(text), value);
      return text.toString();
    } catch (IOException e) {
      throw new IllegalArgumentException("can't be written as JSON: " + value, e);
    }
  }
}
