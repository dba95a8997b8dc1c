// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

import io.jmortem.redact.CommandOptions.Value;

/** Options in a text, and the arguments that are their values: {@code --token x}, {@code -px}. */
final class OptionValues {

  /** So much of an argument tells what it is. */
  private static final int MAX_LOOK = 128;

  private final Line line;
  private final Values values;
  private final SecretNames names;
  private Client client; // whose options follow, or null
  private int argumentFrom; // that was looked at last: it may hold many options
  private int argumentTo;
  private int launcherTo; // its own part of the line; -1 if nobody has asked yet

  OptionValues(Line line, Values values, SecretNames names) {
    this.line = line;
    this.values = values;
    this.names = names;
  }

  /** Begins a line, or a piece of one. */
  void begin() {
    launcherTo = -1;
    client = null;
    argumentFrom = line.from;
    argumentTo = line.from;
  }

  /** Looks at a word: options that follow may be this program's. */
  void lookForClient(int from, int to) {
    if (line.isBlankOrEnd(to) || line.skipQuote(to) > to) {
      Client named = Client.of(line.text, from, to);
      client = named == null ? client : named;
    }
  }

  /** {@code user/password@database}, where a program of Oracle's has that as an argument. */
  boolean isConnecting(int from) {
    boolean isFirst = from == line.from || Chars.isBlank(line.text[from - 1]);
    return isFirst && client != null && client.connects();
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
    Value value = CommandOptions.valueOf(line.text, from, to, names, client);
    int attached = attached(from, argumentEnd(from, false));
    if (value == Value.ORDINARY || attached > to) {
      return attached;
    }
    int behind = nextArgument(value, from, to);
    return behind < 0 ? attached : behind;
  }

  /** {@code -pX}, {@code -uadmin:X}: which may be options of those names as well. */
  private int attached(int from, int to) {
    return switch (CommandOptions.attachedValue(line.text, from, lookTo(from, to), client)) {
      case SECRET -> line.cut(from + 2, to);
      case CREDENTIALS -> credentials(from + 2, to);
      case COOKIE -> rest(CommandOptions.cookie(line.text, from + 2, lookTo(from, to)), to);
      default -> -1;
    };
  }

  private int rest(int from, int to) {
    return from < 0 ? -1 : line.cut(from, to);
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
      return afterOption(value, from, values.contentFrom(), values.contentTo());
    }
    return afterOption(value, from, at, argumentEnd(at, isList));
  }

  private int afterOption(Value value, int option, int from, int to) {
    if (from >= to || CommandOptions.isOption(line.text, from, to)) {
      return -1;
    }
    return switch (value) {
      case SECRET -> line.cut(from, to);
      case CREDENTIALS -> credentials(from, to);
      case CONNECTION -> connection(from, to);
      case COOKIE -> rest(CommandOptions.cookie(line.text, from, lookTo(from, to)), to);
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
    int end = lookTo(from, to);
    line.count(end - from);
    return rest(CommandOptions.passwordOf(line.text, from, end), to);
  }

  private static int lookTo(int from, int to) {
    return Math.min(to, from + MAX_LOOK);
  }

  /** Of {@code user/password@host} the second. */
  int connection(int from) {
    return connection(from, argumentEnd(from, false));
  }

  private int connection(int from, int to) {
    int end = lookTo(from, to);
    int password = CommandOptions.passwordOfConnection(line.text, from, end);
    line.count(end - from);
    return password < 0
        ? -1
        : line.cut(password, CommandOptions.endOfConnection(line.text, password, end));
  }

  /** Where an argument ends: at a blank, at the quote around all, in a list at a comma. */
  private int argumentEnd(int from, boolean isInList) {
    if (isInList) {
      return findArgumentEnd(from, true);
    }
    if (from <= argumentFrom || from >= argumentTo) {
      argumentTo = findArgumentEnd(from, false);
      argumentFrom = from;
    }
    return argumentTo;
  }

  private int findArgumentEnd(int from, boolean isInList) {
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
