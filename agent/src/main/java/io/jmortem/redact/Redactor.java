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
 * Takes secrets out of command lines, logs and names: what stands where a secret does, what has the
 * shape of one, and what was a secret in a command line before. Off, it changes nothing. For one
 * thread.
 */
public final class Redactor {

  /** What stands in place of a secret. */
  public static final String REDACTED = "<redacted>";

  /** Line breaks among it: an argument may hold anything. */
  private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

  private final boolean on;
  private final Literals literals = new Literals();
  private final SecretNames names = new SecretNames();
  private final Window window = new Window();
  private int count;

  /**
   * @param on whether anything is to be taken out
   */
  public Redactor(boolean on) {
    this.on = on;
  }

  /** Whether anything is taken out. */
  public boolean isOn() {
    return on;
  }

  /** How many arguments of command lines held a secret. */
  public int count() {
    return count;
  }

  /**
   * A command line, argument by argument, each of which is one value, whatever it holds. What is
   * taken out is remembered, and taken out of all that follows.
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

  /** How much of an argument precedes a secret that is its rest; -1 if there is no such. */
  private int shown(CommandLine command, List<String> arguments, int index) {
    int shown = command.shownAfterOption(index);
    if (shown >= 0) {
      return shown;
    }
    String oneLine = CONTROL.matcher(arguments.get(index)).replaceAll("_");
    boolean isFound = window.look(oneLine, Literals.NONE) && window.found().count() > 0;
    return isFound ? command.shownBeforeValue(index, window.found().from(0)) : -1;
  }

  /** Remembers what is a secret in a command line that is not shown. */
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

  /** As it is, and as it looks within JSON and within a URL. */
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

  /** Any text: a line of a log, the name of a thread. Null stays null. */
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

  /** A value that has a name, such as one of a map. */
  public String member(String name, String value) {
    boolean isDirectory = value != null && value.startsWith("/") && isPlace(name);
    boolean isHidden = value != null && !value.isEmpty() && isSecret(name) && !isDirectory;
    return isHidden ? REDACTED : text(value);
  }

  private boolean isPlace(String name) {
    char[] letters = name.toCharArray();
    return (names.of(letters, 0, letters.length) & SecretNames.PLACE) != 0;
  }

  /** Whether what has this name is a secret. */
  public boolean isSecret(String name) {
    char[] letters = name.toCharArray();
    return on && (names.of(letters, 0, letters.length) & SecretNames.SECRET) != 0;
  }

  /**
   * Passes a whole text on, line by line. Neither a line without end nor a text of any length needs
   * more memory than others.
   *
   * @throws IOException if the text can't be read or written
   */
  public void copy(Reader from, Writer to) throws IOException {
    Writer redacting = writer(to);
    from.transferTo(redacting);
    redacting.close();
  }

  /**
   * Passes on what is written to it, as {@link #copy} does. To be closed before anything else is
   * redacted; {@code to} stays open.
   */
  public Writer writer(Writer to) {
    return new RedactingWriter(on, window, literals.automaton(), to);
  }

  /** Characters that were looked at so far, each as often as it was. */
  long steps() {
    return window.steps();
  }
}
