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
      "(?:passw(?:or)?d|passphrase|\\bpwd|\\bpass\\b|secret|token|api[-_.]?key|access[-_.]?key"
          + "|private[-_.]?key|encryption[-_.]?key|credential|\\bjwt|authorization"
          + "|\\bauth\\b(?![/:]))";

  private static final String NAME = "[\\w.-]{0,64}?" + SECRET + "[\\w.-]{0,64}";

  /** {@code name=value}, {@code name: value}, {@code "name":"value"}. */
  private static final Pattern ASSIGNMENT =
      Pattern.compile(
          "(?i)(" + NAME + "(?:\"? ?[=:] ?\"?(?:bearer |basic )?))" + "([^\\s\"',;&]{1,4096})");

  /** {@code --name value} in a text, where arguments can't be told apart any more. */
  private static final Pattern OPTION_AND_VALUE =
      Pattern.compile("(?i)(?<!\\S)(-{1,2}" + NAME + "\\s+)([^\\s-]\\S{0,4095})");

  private static final Pattern OPTION =
      Pattern.compile("(?i)-{1,2}[\\w.-]{0,64}?" + SECRET + "[\\w-]{0,64}");

  private static final Pattern WHOLE = Pattern.compile("(?is)(-{0,2}" + NAME + "=)(.+)");

  /** {@code scheme://user:password@host}; a password may hold an at sign. */
  private static final Pattern URL_PASSWORD =
      Pattern.compile("(://[^/\\s:@]{0,100}:)([^/\\s]{1,256})(@)");

  /** A word longer than this is a class path, not a secret; patterns need not walk it. */
  private static final int MAX_WORD = 4096;

  private static final Pattern LONG_WORD = Pattern.compile("\\S{" + MAX_WORD + ",}+");

  private final boolean on;
  private final Map<String, String> literals = new LinkedHashMap<>();
  private int count;

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
      String redacted = valueFollows && !argument.startsWith("-") ? REDACTED : argument(argument);
      if (valueFollows && redacted.equals(REDACTED)) {
        remember(argument, REDACTED);
      }
      valueFollows = argument.length() < MAX_WORD && OPTION.matcher(argument).matches();
      count += redacted.contains(REDACTED) ? 1 : 0;
      clean.add(redacted);
    }
    return clean;
  }

  private String argument(String argument) {
    if (argument.length() < MAX_WORD) {
      Matcher whole = WHOLE.matcher(argument);
      if (whole.matches()) {
        remember(argument, whole.group(1) + REDACTED);
        remember(whole.group(2), REDACTED);
        return whole.group(1) + REDACTED;
      }
    }
    return inText(argument);
  }

  /** A short value would be found in the middle of numbers and words that are none. */
  private void remember(String secret, String redacted) {
    if (secret.length() >= 8 && !secret.contains(REDACTED)) {
      literals.put(secret, redacted);
    }
  }

  /** Any text: a log, another process's command line. */
  String text(String text) {
    if (!on) {
      return text;
    }
    String clean = text;
    for (Map.Entry<String, String> literal : literals.entrySet()) {
      clean = clean.replace(literal.getKey(), literal.getValue());
    }
    return inText(clean);
  }

  private static String inText(String text) {
    Matcher words = LONG_WORD.matcher(text);
    StringBuilder clean = new StringBuilder();
    int end = 0;
    while (words.find()) {
      clean.append(inWords(text.substring(end, words.start()))).append(words.group());
      end = words.end();
    }
    return clean.append(inWords(text.substring(end))).toString();
  }

  private static String inWords(String text) {
    String clean = ASSIGNMENT.matcher(text).replaceAll("$1" + REDACTED);
    clean = OPTION_AND_VALUE.matcher(clean).replaceAll("$1" + REDACTED);
    return URL_PASSWORD.matcher(clean).replaceAll("$1" + REDACTED + "$3");
  }

  boolean isOn() {
    return on;
  }

  /** How many arguments held a secret. */
  int count() {
    return count;
  }
}
