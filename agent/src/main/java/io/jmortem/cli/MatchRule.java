// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli;

import io.jmortem.cli.live.NativeLibraries;
import java.io.IOException;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * A rule that says which JVMs the daemon watches. The helper tries the rules in their order.
 *
 * @param takes whether the JVMs that fit are watched, or skipped
 * @param kind what is compared
 * @param pattern with the wildcards of a shell; for a user, a name or a uid
 */
record MatchRule(boolean takes, Kind kind, String pattern) {

  /** Longer patterns are refused: the whole configuration has a bound. */
  private static final int MAX_LENGTH = 1000;

  /** What is compared, by the word in the rule. */
  enum Kind {
    user,
    cgroup,
    command,
    env
  }

  /**
   * Parses {@code KIND=PATTERN}.
   *
   * @throws IllegalArgumentException if it is not a rule; the message says what is wrong
   */
  static MatchRule of(boolean takes, String text) {
    int equals = text.indexOf('=');
    String pattern = text.substring(equals + 1);
    if (equals < 0 || pattern.isEmpty() || pattern.length() > MAX_LENGTH) {
      throw new IllegalArgumentException("'" + text + "' is not a rule; example: user=shop");
    }
    if (pattern.chars().anyMatch(c -> Character.isISOControl(c) || c == '\uFFFD')) {
      throw new IllegalArgumentException(
          "'" + text + "' has characters that can't be read in this locale; set LC_ALL=C.UTF-8");
    }
    MatchRule rule = new MatchRule(takes, kind(text.substring(0, equals)), pattern);
    if (rule.kind == Kind.env && pattern.indexOf('=') <= 0) {
      throw new IllegalArgumentException(
          "'" + text + "' has no NAME=PATTERN; example: env=STAGE=prod*");
    }
    return rule;
  }

  private static Kind kind(String word) {
    for (Kind each : Kind.values()) {
      if (each.name().equals(word)) {
        return each;
      }
    }
    throw new IllegalArgumentException(
        "'"
            + word
            + "' can't be matched; valid: "
            + Arrays.stream(Kind.values()).map(Kind::name).collect(Collectors.joining(", ")));
  }

  /**
   * The rule as a line of the helper's configuration, which knows users by their uids alone.
   *
   * @throws IOException if there is no such user
   */
  String line(NativeLibraries libraries) throws IOException {
    return (takes ? "take " : "skip ")
        + kind
        + " "
        + (kind == Kind.user ? uid(libraries) : pattern);
  }

  private String uid(NativeLibraries libraries) throws IOException {
    if (pattern.matches("\\d{1,10}")) {
      return pattern;
    }
    OptionalLong uid = libraries.uid(pattern);
    if (uid.isEmpty()) {
      throw new UserError("there is no user " + pattern + " on this system; give the uid instead");
    }
    return Long.toString(uid.getAsLong());
  }
}
