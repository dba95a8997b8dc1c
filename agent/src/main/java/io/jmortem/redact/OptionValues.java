// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

import io.jmortem.redact.CommandOptions.Value;

/** Options in a text, and the arguments that are their values: {@code --token x}, {@code -px}. */
final class OptionValues {

  /** So far a command's name is looked for. */
  private static final int MAX_COMMAND = 512;

  private final Line line;
  private final Values values;
  private final SecretNames names;
  private int clientFrom; // from where on it is a command of a client's; -1 as below
  private int launcherTo; // its own part of the line; -1 if nobody has asked yet

  OptionValues(Line line, Values values, SecretNames names) {
    this.line = line;
    this.values = values;
    this.names = names;
  }

  /** Begins a line, or a piece of one. */
  void begin() {
    launcherTo = -1;
    clientFrom = -1;
  }

  private boolean isArgument(int from) {
    char before = from > line.from ? line.text[from - 1] : ' ';
    return Chars.isBlank(before) || Chars.isQuote(before) || "[(,=|;".indexOf(before) >= 0;
  }

  /** Looks at an option and what follows it; answers where to go on, -1 if nothing was found. */
  int look(int from, int to) {
    if (!isArgument(from)) {
      return -1;
    }
    Value value = CommandOptions.valueOf(line.text, from, to, names);
    int attached = attached(from, argumentEnd(from, false));
    if (value == Value.ORDINARY || attached > to) {
      return attached;
    }
    int behind = nextArgument(value, from, to);
    return behind < 0 ? attached : behind;
  }

  /** {@code -pX}: which may be an option of that name as well. */
  private int attached(int from, int to) {
    if (to - from < 3 || line.text[from + 1] != 'p') {
      return -1;
    }
    if (clientFrom < 0) {
      int end = Math.min(line.to, line.from + MAX_COMMAND);
      clientFrom = CommandOptions.hasClient(line.text, line.from, end) ? line.from : line.to;
    }
    boolean isClient = from > clientFrom;
    return CommandOptions.hasPasswordAttached(line.text, from, to, isClient)
        ? line.cut(from + 2, to)
        : -1;
  }

  private int nextArgument(Value value, int from, int to) {
    int quote = line.skipQuote(to);
    boolean isList = quote < line.to && line.text[quote] == ',';
    int at = line.skipBlanks(isList ? quote + 1 : quote);
    boolean isInProse = quote > to && line.text[quote - 1] == '`';
    if (at == to || at >= line.to || isInProse) {
      return -1;
    }
    if (values.lookInQuotes(at)) {
      return behindOption(value, from, values.contentFrom(), values.contentTo());
    }
    return behindOption(value, from, at, argumentEnd(at, isList));
  }

  private int behindOption(Value value, int option, int from, int to) {
    if (from >= to || CommandOptions.isOption(line.text, from, to)) {
      return -1;
    }
    return switch (value) {
      case SECRET -> line.cut(from, to);
      case CREDENTIALS -> credentials(from, to);
      default ->
          line.text[from] == '-'
                  || CommandOptions.isPlace(line.text, from, to)
                  || isOfLauncher(option)
              ? -1
              : line.cut(from, to);
    };
  }

  private boolean isOfLauncher(int option) {
    if (launcherTo < 0) {
      Launcher launcher = new Launcher();
      launcherTo = line.from;
      for (int at = line.from; at < line.to && !launcher.hasEnded(); at++) {
        int end = line.wordEnd(at);
        if (end > at && launcher.isOption(new String(line.text, at, end - at))) {
          launcherTo = end;
        }
        at = end;
      }
    }
    return option < launcherTo;
  }

  /** Of {@code user:password} the second. */
  int credentials(int from) {
    return credentials(from, argumentEnd(from, false));
  }

  private int credentials(int from, int to) {
    int password = CommandOptions.passwordOf(line.text, from, to);
    line.count(to - from);
    return password < 0 ? -1 : line.cut(password, to);
  }

  /** Where an argument ends: at a blank, at the quote around all, in a list at a comma. */
  private int argumentEnd(int from, boolean isInList) {
    int i = from;
    for (; i < line.to; i++) {
      char c = line.text[i];
      boolean isEnd =
          Chars.isBlank(c)
              || (isInList && (c == ',' || c == ']'))
              || (Chars.isQuote(c) && i > from && values.isEndOfValue(i));
      if (isEnd) {
        break;
      }
    }
    line.count(i - from);
    return i;
  }
}
