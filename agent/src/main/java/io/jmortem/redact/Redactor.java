// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.Writer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Redacts secrets in command lines, logs and names: values with the name of a secret, tokens with a
 * known shape, and secrets that were found in a command line before. If it is off, it changes
 * nothing. It may be used by one thread only.
 */
public final class Redactor {

  /** Replaces a secret. */
  public static final String REDACTED = "<redacted>";

  /** Also matches line breaks: an argument may hold anything. */
  private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

  private final boolean on;
  private final Literals literals = new Literals();
  private final SecretNames names = new SecretNames();
  private final Window window = new Window();
  private int count;

  /**
   * @param on whether secrets are to be redacted
   */
  public Redactor(boolean on) {
    this.on = on;
  }

  /** Whether secrets are redacted. */
  public boolean isOn() {
    return on;
  }

  /** How many arguments of command lines held a secret. */
  public int count() {
    return count;
  }

  /**
   * Redacts a command line, argument by argument; each argument is one value. The secrets found are
   * remembered, and redacted in all texts that follow.
   */
  public List<String> arguments(List<String> arguments) {
    if (!on) {
      return arguments;
    }
    learn(arguments);
    CommandLine command = new CommandLine(arguments);
    List<String> left = new ArrayList<>(arguments.size());
    for (int i = 0; i < arguments.size(); i++) {
      int shown = shown(command, arguments, i);
      String argument = arguments.get(i);
      String redacted = shown < 0 ? text(argument) : text(argument.substring(0, shown)) + REDACTED;
      count += redacted.contains(REDACTED) ? 1 : 0;
      left.add(redacted);
    }
    return left;
  }

  /** The length of an argument before a secret that extends to its end; -1 if there is none. */
  private int shown(CommandLine command, List<String> arguments, int index) {
    int shown = command.shownAfterOption(index);
    if (shown >= 0) {
      return shown;
    }
    String oneLine = CONTROL.matcher(arguments.get(index)).replaceAll("_");
    boolean isFound = window.look(oneLine, Literals.NONE) && window.found().count() > 0;
    return isFound ? command.shownBeforeValue(index, window.found().from(0)) : -1;
  }

  /** Remembers the secrets of a command line that is not shown. */
  public void learn(List<String> arguments) {
    if (!on) {
      return;
    }
    CommandLine command = new CommandLine(arguments);
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      int shown = shown(command, arguments, i);
      if (shown >= 0) {
        String before = shown == 0 && i > 0 ? arguments.get(i - 1) + " " : "";
        literals.add(before + argument, before.length() + shown);
        remember(argument.substring(shown));
      } else if (window.look(argument, Literals.NONE)) {
        RedactedRanges found = window.found();
        for (int j = 0; j < found.count(); j++) {
          remember(argument.substring(found.from(j), found.to(j)));
        }
      }
    }
  }

  /** Remembers a secret as it is, and in its JSON and URL encodings. */
  private void remember(String secret) {
    literals.add(secret, 0);
    String inJson = secret.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    String inUrl = URLEncoder.encode(secret, StandardCharsets.UTF_8).replace("+", "%20");
    if (!inJson.equals(secret)) {
      literals.add(inJson, 0);
    }
    if (!inUrl.equals(secret)) {
      literals.add(inUrl, 0);
    }
  }

  /** Redacts any text, such as a line of a log or a thread's name. Null stays null. */
  public String text(String text) {
    if (!on || text == null || text.isEmpty()) {
      return text;
    }
    if (window.look(text, literals.automaton())) {
      return window.isClean() ? text : window.left();
    }
    StringWriter left = new StringWriter(text.length());
    try {
      copy(new StringReader(text), left);
    } catch (IOException e) {
      throw new IllegalStateException("a text in memory can be read and written", e);
    }
    return left.toString();
  }

  /** Redacts a value that has a name, such as a value of a map. */
  public String member(String name, String value) {
    boolean isDirectory = value != null && value.startsWith("/") && isPlace(name);
    boolean isHidden = value != null && !value.isEmpty() && isSecret(name) && !isDirectory;
    return isHidden ? REDACTED : text(value);
  }

  private boolean isPlace(String name) {
    char[] letters = name.toCharArray();
    return (names.of(letters, 0, letters.length) & SecretNames.PLACE) != 0;
  }

  /** Whether a value with this name is a secret. */
  public boolean isSecret(String name) {
    char[] letters = name.toCharArray();
    return on && (names.of(letters, 0, letters.length) & SecretNames.SECRET) != 0;
  }

  /**
   * Copies a whole text line by line. The memory is bounded, whatever the length of the text or of
   * a line.
   *
   * @throws IOException if the text can't be read or written
   */
  public void copy(Reader from, Writer to) throws IOException {
    Writer redacting = writer(to);
    from.transferTo(redacting);
    redacting.close();
  }

  /**
   * Returns a writer that redacts like {@link #copy}. It must be closed before anything else is
   * redacted; {@code to} stays open.
   */
  public Writer writer(Writer to) {
    return new RedactingWriter(on, window, literals.automaton(), to);
  }

  /** The number of characters looked at so far, including repeats. */
  long steps() {
    return window.steps();
  }
}
