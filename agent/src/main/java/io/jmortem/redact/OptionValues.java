// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

import io.jmortem.redact.CommandOptions.Value;
import org.jspecify.annotations.Nullable;

/** Options in a text, and their values: {@code --token x}, {@code -px}. */
final class OptionValues {

  /** How much of an argument is looked at to decide its kind. */
  private static final int MAX_LOOK = 128;

  private final Line line;
  private final Values values;
  private final SecretNames names;
  private @Nullable Client client; // the program that the options belong to, or null
  private int argumentFrom; // the last argument looked at; it may hold many options
  private int argumentTo;
  private int launcherTo; // the end of the launcher's part of the line; -1 if not determined yet

  OptionValues(Line line, Values values, SecretNames names) {
    this.line = line;
    this.values = values;
    this.names = names;
  }

  /** Starts a line, or a piece of one. */
  void begin() {
    launcherTo = -1;
    client = null;
    argumentFrom = line.from;
    argumentTo = line.from;
  }

  /** Looks at a word: it may be the program that the following options belong to. */
  void lookForClient(int from, int to) {
    if (line.isBlankOrEnd(to) || line.skipQuote(to) > to) {
      Client named = Client.of(line.text, from, to);
      client = named == null ? client : named;
    }
  }

  /** {@code user/password@database} as an argument of an Oracle program. */
  boolean isConnecting(int from) {
    boolean isFirst = from == line.from || Chars.isBlank(line.text[from - 1]);
    return isFirst && client != null && client.connects();
  }

  private boolean isArgument(int from) {
    char before = from > line.from ? line.text[from - 1] : ' ';
    return Chars.isBlank(before) || Chars.isQuote(before) || "[(,=|;".indexOf(before) >= 0;
  }

  /** Looks at an option and its value; returns where to continue, or -1 if nothing was found. */
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

  /** {@code -pX}, {@code -uadmin:X}; they may also be long options with these names. */
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

  /** The password in {@code user:password}. */
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

  /** The password in {@code user/password@host}. */
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

  /** The end of an argument: a blank, the surrounding quote, or a comma in a list. */
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
