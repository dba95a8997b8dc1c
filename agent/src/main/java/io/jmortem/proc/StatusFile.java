// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * {@code /proc/PID/status}, and other files of lines {@code Key:\tvalue}.
 *
 * @param fields in the order of the file
 */
public record StatusFile(Map<String, String> fields) {

  /** Parses the text; lines without a colon are left out. */
  public static StatusFile parse(String text) {
    Map<String, String> fields = new LinkedHashMap<>();
    text.lines()
        .forEach(
            line -> {
              int colon = line.indexOf(':');
              if (colon > 0) {
                fields.putIfAbsent(line.substring(0, colon), line.substring(colon + 1).strip());
              }
            });
    return new StatusFile(fields);
  }

  /** The number at the start of a value, such as 1234 of {@code 1234 kB}. */
  public OptionalLong number(String key) {
    return Numbers.leading(fields.getOrDefault(key, ""));
  }

  /** The last of several numbers: the pid in the process's own namespace, of {@code NSpid}. */
  public OptionalLong lastNumber(String key) {
    String value = fields.getOrDefault(key, "");
    return Numbers.leading(value.substring(value.lastIndexOf('\t') + 1));
  }

  /** The first of several numbers: the real uid, of {@code Uid}. */
  public Optional<String> first(String key) {
    String value = fields.get(key);
    return value == null ? Optional.empty() : Optional.of(value.split("\\s", 2)[0]);
  }
}
