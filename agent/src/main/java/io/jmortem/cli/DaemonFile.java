// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.agent.TrustedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The daemon's configuration file: the command's options, without the dashes, one {@code key=value}
 * a line. Empty lines and lines that begin with # are skipped.
 *
 * @param options all but the rules
 * @param rules in the order of the lines
 */
record DaemonFile(Map<String, String> options, List<MatchRule> rules) {

  private static final long MAX_SIZE = 64 << 10;

  /** Stands for no file. */
  static final DaemonFile NONE = new DaemonFile(Map.of(), List.of());

  /**
   * Reads one that only root can change.
   *
   * @throws IOException if it can't be read, or a line is no option; the message says which
   */
  static DaemonFile read(Path file) throws IOException {
    Path path = file.toRealPath();
    String objection = TrustedFile.objection(path);
    if (objection != null) {
      throw new UserError(file + " is not used, because " + objection);
    }
    if (!Files.isRegularFile(path) || Files.size(path) > MAX_SIZE) {
      throw new UserError(file + " is not a configuration file");
    }
    Map<String, String> options = new LinkedHashMap<>();
    List<MatchRule> rules = new ArrayList<>();
    int number = 0;
    for (String line : Files.readAllLines(path)) {
      number++;
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      try {
        add(line.strip(), options, rules);
      } catch (IllegalArgumentException e) {
        throw new UserError(file + ", line " + number + ": " + e.getMessage(), e);
      }
    }
    return new DaemonFile(options, rules);
  }

  private static void add(String line, Map<String, String> options, List<MatchRule> rules) {
    int equals = line.indexOf('=');
    if (equals <= 0) {
      throw new IllegalArgumentException("'" + line + "' is no key=value");
    }
    String key = line.substring(0, equals).strip();
    String value = line.substring(equals + 1).strip();
    switch (key) {
      case "match", "skip" -> rules.add(MatchRule.of(key.equals("match"), value));
      default -> options.put(key, value);
    }
  }
}
