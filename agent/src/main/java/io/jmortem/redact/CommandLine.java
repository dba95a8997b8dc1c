// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

import io.jmortem.redact.CommandOptions.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * A command line, argument by argument: where in each a secret begins that goes on to its end,
 * whatever it holds, line breaks among it.
 */
final class CommandLine {

  /** What an argument is known to be, without a look at its text. */
  private static final int UNKNOWN = -1;

  private final List<String> arguments;
  private final List<Boolean> isOfLauncher = new ArrayList<>();
  private final SecretNames names = new SecretNames();
  private final boolean isClient;

  CommandLine(List<String> arguments) {
    this.arguments = arguments;
    char[] command = arguments.isEmpty() ? new char[0] : arguments.get(0).toCharArray();
    this.isClient = CommandOptions.hasClient(command, 0, command.length);
    Launcher launcher = new Launcher();
    for (String argument : arguments) {
      isOfLauncher.add(!launcher.hasEnded() && launcher.isOption(argument));
    }
  }

  /**
   * How much of an argument may be shown; all else is the value of an option before it.
   *
   * @return -1 if the option says nothing of it
   */
  int shownBehindOption(int index) {
    if (index == 0) {
      return UNKNOWN;
    }
    if (isClient && arguments.get(index).length() > 2 && arguments.get(index).startsWith("-p")) {
      return 2;
    }
    char[] option = arguments.get(index - 1).toCharArray();
    Value value =
        isName(option)
            ? CommandOptions.valueOf(option, 0, option.length, names)
            : Value.ORDINARY; // -Dname=value has its value already
    if (value == Value.ORDINARY) {
      return UNKNOWN;
    }
    char[] text = arguments.get(index).toCharArray();
    if (text.length == 0 || CommandOptions.isOption(text, 0, text.length)) {
      return UNKNOWN;
    }
    return switch (value) {
      case SECRET -> 0;
      case CREDENTIALS -> CommandOptions.passwordOf(text, 0, text.length);
      default ->
          text[0] == '-'
                  || isOfLauncher.get(index - 1)
                  || CommandOptions.isPlace(text, 0, text.length)
              ? UNKNOWN
              : 0;
    };
  }

  private static boolean isName(char[] text) {
    for (char c : text) {
      if (!Chars.isName(c)) {
        return false;
      }
    }
    return true;
  }

  /**
   * How much of an argument may be shown, where its text holds a secret.
   *
   * @param secret where that begins
   * @return -1 if the rest of the argument is not its rest
   */
  int shownBeforeValue(int index, int secret) {
    String argument = arguments.get(index);
    int end = secret;
    while (end > 0 && Chars.isQuote(argument.charAt(end - 1))) {
      end--;
    }
    boolean isValue = false;
    for (int i = 0; i < end; i++) {
      char c = argument.charAt(i);
      boolean isSign = c == '=' || c == ':';
      if (!isSign && c != ' ' && !Chars.isName(c)) {
        return UNKNOWN;
      }
      isValue |= isSign;
    }
    return isValue ? end : UNKNOWN;
  }
}
