// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

import io.jmortem.redact.CommandOptions.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * A command line, argument by argument. Finds where in each argument a secret begins that extends
 * to the end of the argument, even over line breaks.
 */
final class CommandLine {

  /** The kind of an argument, known without looking at its text. */
  private static final int UNKNOWN = -1;

  private final List<String> arguments;
  private final List<Boolean> isOfLauncher = new ArrayList<>();
  private final SecretNames names = new SecretNames();
  private final List<Client> clients =
      new ArrayList<>(); // the program that an option may belong to

  CommandLine(List<String> arguments) {
    this.arguments = arguments;
    Client client = null;
    Launcher launcher = new Launcher();
    for (String argument : arguments) {
      clients.add(client);
      Client named = Client.ofPath(argument);
      client = named == null ? client : named;
      isOfLauncher.add(!launcher.hasEnded() && launcher.isOption(argument));
    }
  }

  /**
   * How much of an argument may be shown; the rest is the secret value of the option before it.
   *
   * @return -1 if no option says anything about it
   */
  int shownAfterOption(int index) {
    if (index == 0) {
      return UNKNOWN;
    }
    char[] text = arguments.get(index).toCharArray();
    int attached = shownOfAttached(text, clients.get(index));
    if (attached >= 0) {
      return attached;
    }
    char[] option = arguments.get(index - 1).toCharArray();
    Value value =
        isName(option)
            ? CommandOptions.valueOf(option, 0, option.length, names, clients.get(index - 1))
            : Value.ORDINARY; // -Dname=value has its value already
    if (value == Value.ORDINARY) {
      Client client = clients.get(index);
      return client != null && client.connects()
          ? CommandOptions.passwordOfConnection(text, 0, text.length)
          : UNKNOWN;
    }
    if (text.length == 0 || CommandOptions.isOption(text, 0, text.length)) {
      return UNKNOWN;
    }
    return switch (value) {
      case SECRET -> 0;
      case CREDENTIALS -> CommandOptions.passwordOf(text, 0, text.length);
      case CONNECTION -> CommandOptions.passwordOfConnection(text, 0, text.length);
      case COOKIE -> CommandOptions.cookie(text, 0, text.length);
      default ->
          text[0] == '-'
                  || isOfLauncher.get(index - 1)
                  || CommandOptions.isPlace(text, 0, text.length)
              ? UNKNOWN
              : 0;
    };
  }

  private static int shownOfAttached(char[] text, Client client) {
    if (client == null) {
      return UNKNOWN; // otherwise the text decides
    }
    return switch (CommandOptions.attachedValue(text, 0, text.length, client)) {
      case SECRET -> 2;
      case CREDENTIALS -> CommandOptions.passwordOf(text, 2, text.length);
      case COOKIE -> CommandOptions.cookie(text, 2, text.length);
      default -> UNKNOWN;
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
   * How much of an argument may be shown if its text holds a secret.
   *
   * @param secret where the secret begins
   * @return -1 if the secret ends before the argument does
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
      boolean isSign = c == '=' || c == ':' || (c == '/' && i == 0);
      boolean isNext = c == ' ' && i + 1 < end && argument.charAt(i + 1) == '-';
      if (isNext) {
        return UNKNOWN; // a command inside the argument
      }
      if (!isSign && c != ' ' && !Chars.isName(c)) {
        return UNKNOWN;
      }
      isValue |= isSign;
    }
    return isValue ? end : UNKNOWN;
  }
}
