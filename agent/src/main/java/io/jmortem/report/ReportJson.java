// SPDX-License-Identifier: Apache-2.0
package io.jmortem.report;

import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** {@code report.json}: written, and read back. */
public final class ReportJson {

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .build();

  private ReportJson() {}

  /** The report as JSON, indented, with a line break at its end. */
  public static String write(Report report) {
    return MAPPER.writeValueAsString(report) + "\n";
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws tools.jackson.core.JacksonException if it is something else
   */
  public static Report read(String json) {
    return MAPPER.readValue(json, Report.class);
  }
}
