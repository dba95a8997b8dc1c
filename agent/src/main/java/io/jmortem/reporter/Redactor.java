// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes secrets out of command lines and logs: the values of what has a name that looks secret.
 * Off, it changes nothing.
 */
final class Redactor {

  static final String REDACTED = "<redacted>";

  private static final String SECRET =
      "(?:passw(?:or)?d|passphrase|passwd|pwd|secret|token|api[-_.]?key|access[-_.]?key|"
          + "private[-_.]?key|credential|auth(?!or))";

  /** {@code name=value} or {@code name:value} anywhere in a text. */
  private static final Pattern ASSIGNMENT =
      Pattern.compile("(?i)([\\w.-]{0,100}" + SECRET + "[\\w.-]{0,100}[=:])([^\\s\"',;&]+)");

  /** {@code --password value}: an option whose value is the next argument. */
  private static final Pattern OPTION = Pattern.compile("(?i)-{1,2}[\\w.-]*" + SECRET + "[\\w-]*");

  /** {@code scheme://user:password@host}. */
  private static final Pattern URL_PASSWORD =
      Pattern.compile("(://[^/\\s:@]{0,100}:)([^/\\s@]+)(@)");

  private final boolean on;
  private final Map<String, String> literals = new LinkedHashMap<>();

  Redactor(boolean on) {
    this.on = on;
  }

  /** A command line, argument by argument. What is taken out is remembered for {@link #text}. */
  List<String> arguments(List<String> arguments) {
    if (!on) {
      return arguments;
    }
    List<String> clean = new ArrayList<>();
    boolean valueFollows = false;
    for (String argument : arguments) {
      String redacted = argument;
      if (valueFollows && !argument.startsWith("-")) {
        redacted = REDACTED;
      } else {
        Matcher whole = Pattern.compile("(?is)(" + ASSIGNMENT_NAME + ")(.+)").matcher(argument);
        redacted = whole.matches() ? whole.group(1) + REDACTED : inText(argument);
      }
      valueFollows = OPTION.matcher(argument).matches();
      if (!redacted.equals(argument)) {
        literals.put(argument, redacted);
      }
      clean.add(redacted);
    }
    return clean;
  }

  /** All of an argument up to the equals sign, where the name is a secret's. */
  private static final String ASSIGNMENT_NAME = "[\\w.-]{0,100}" + SECRET + "[\\w.-]{0,100}=";

  /** Any text: a log, a line of evidence, another process's command line. */
  String text(String text) {
    if (!on) {
      return text;
    }
    String clean = text;
    for (Map.Entry<String, String> literal : literals.entrySet()) {
      // a short word would be found everywhere; its place in the command line is clean anyway
      if (literal.getKey().length() >= 6) {
        clean = clean.replace(literal.getKey(), literal.getValue());
      }
    }
    return inText(clean);
  }

  private static String inText(String text) {
    String clean = ASSIGNMENT.matcher(text).replaceAll("$1" + REDACTED);
    return URL_PASSWORD.matcher(clean).replaceAll("$1" + REDACTED + "$3");
  }

  boolean isOn() {
    return on;
  }

  /** How many different arguments held a secret. */
  int count() {
    return literals.size();
  }
}
