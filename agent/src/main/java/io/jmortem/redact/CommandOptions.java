// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

/** Options of command lines whose value is a secret, or may be one. */
final class CommandOptions {

  /** What an option's value is. */
  enum Value {
    /** Nothing that is known. */
    ORDINARY,
    /** A secret, even if it begins with a hyphen. */
    SECRET,
    /** {@code user:password}. */
    CREDENTIALS,
    /** Of {@code -p}: a password, or a port, or a path. */
    PASSWORD_OR_PLACE
  }

  /** Options that begin by {@code -p}, and have no password behind it. */
  private static final String[] NO_PASSWORD = {
    "pac", "page", "par", "pass", "pat", "pau", "ped", "peer", "perf", "pers", "pha", "pid", "pil",
    "pin", "pipe", "pix", "pkg", "pla", "plu", "pod", "pol", "pom", "poo", "port", "pos", "pow",
    "pre", "pri", "pro", "pru", "pub", "pul", "pur", "push", "put", "pl", "py"
  };

  private static final String[] CLIENTS = {"mysql", "mariadb", "sshpass"};

  private static final int MIN_WORD = 6;

  private CommandOptions() {}

  /**
   * What the argument behind an option is.
   *
   * @param text the option from its first hyphen on
   * @param names knows the names of secrets
   */
  static Value valueOf(char[] text, int from, int to, SecretNames names) {
    int name = from;
    while (name < to && text[name] == '-') {
      name++;
    }
    int hyphens = name - from;
    int length = to - name;
    if (hyphens == 0 || hyphens > 2 || length == 0) {
      return Value.ORDINARY;
    }
    if (hyphens == 1 && length == 1) {
      return switch (text[name]) {
        case 'p' -> Value.PASSWORD_OR_PLACE;
        case 'u', 'U' -> Value.CREDENTIALS;
        default -> Value.ORDINARY;
      };
    }
    if (isUser(text, name, to)) {
      return Value.CREDENTIALS;
    }
    int traits = names.of(text, from, to);
    boolean hasPlace = (traits & (SecretNames.PLACE | SecretNames.NUMBER)) != 0;
    boolean isSecret = (traits & (SecretNames.SECRET | SecretNames.KEY)) != 0;
    return isSecret && !hasPlace ? Value.SECRET : Value.ORDINARY;
  }

  /** {@code user}, {@code proxy-user}. */
  static boolean isUser(char[] text, int from, int to) {
    int start = to - 4;
    return start >= from
        && (start == from || text[start - 1] == '-')
        && text[start] == 'u'
        && text[start + 1] == 's'
        && text[start + 2] == 'e'
        && text[start + 3] == 'r';
  }

  /**
   * Whether {@code -pX} is MySQL's: the password right behind the letter.
   *
   * @param to the end of the argument
   * @param isClient whether it is an argument of such a client, and can be nothing else
   */
  static boolean hasPasswordAttached(char[] text, int from, int to, boolean isClient) {
    if (to - from < 3 || text[from] != '-' || text[from + 1] != 'p') {
      return false;
    }
    if (isClient) {
      return true;
    }
    boolean isWord = true;
    boolean hasLetters = false;
    for (int i = from + 2; i < to; i++) {
      char c = text[i];
      isWord &= (c >= 'a' && c <= 'z') || c == '-';
      hasLetters |= Chars.isAlphanumeric(c);
      if (c == '=' || c == ':') {
        return !isWordTo(text, from + 2, i);
      }
    }
    boolean isFlags = to - from - 2 < MIN_WORD; // -pfm is -p -f -m
    return isWord
        ? !isFlags && !isKnownWord(text, from + 1, to)
        : hasLetters && !isPlace(text, from + 2, to);
  }

  /** Whether a program is among these words that takes a password right behind its option. */
  static boolean hasClient(char[] text, int from, int to) {
    for (String name : CLIENTS) {
      int at = Chars.indexOf(text, from, to, name);
      while (at >= 0) {
        int end = at + name.length();
        while (end < to && (Chars.isAlphanumeric(text[end]) || text[end] == '_')) {
          end++;
        }
        boolean begins = at == from || !Chars.isName(text[at - 1]);
        if (begins && (end == to || Chars.isBlank(text[end]))) {
          return true;
        }
        at = Chars.indexOf(text, end, to, name);
      }
    }
    return false;
  }

  private static boolean isWordTo(char[] text, int from, int to) {
    for (int i = from; i < to; i++) {
      if ((text[i] < 'a' || text[i] > 'z') && text[i] != '-') {
        return false;
      }
    }
    return true;
  }

  private static boolean isKnownWord(char[] text, int from, int to) {
    for (String word : NO_PASSWORD) {
      int i = 0;
      while (i < word.length() && from + i < to && text[from + i] == word.charAt(i)) {
        i++;
      }
      if (i == word.length()) {
        return true;
      }
    }
    return false;
  }

  /** A port, an address, a path, a placeholder of a usage text: no password, or nobody's. */
  static boolean isPlace(char[] text, int from, int to) {
    if (from >= to) {
      return true;
    }
    char first = text[from];
    if (first == '/'
        || first == '.'
        || first == '~'
        || first == '<'
        || first == '['
        || first == '$') {
      return true;
    }
    boolean isNumber = true;
    boolean hasSlash = false;
    boolean hasUpper = false;
    boolean hasLower = false;
    boolean hasDigit = false;
    for (int i = from; i < to; i++) {
      char c = text[i];
      boolean isDigit = c >= '0' && c <= '9';
      hasDigit |= isDigit;
      hasUpper |= c >= 'A' && c <= 'Z';
      hasLower |= c >= 'a' && c <= 'z';
      hasSlash |= c == '/';
      isNumber &= isDigit || c == '.' || c == ':' || c == ',' || c == '-';
    }
    boolean isRandom = hasUpper && hasLower && hasDigit; // base64 has slashes, too
    return isNumber || (hasSlash && !isRandom) || isArchive(text, from, to);
  }

  private static boolean isArchive(char[] text, int from, int to) {
    return to - from > 4
        && text[to - 4] == '.'
        && text[to - 3] == 'j'
        && text[to - 2] == 'a'
        && text[to - 1] == 'r';
  }

  /** What begins with a hyphen and is the next option rather than the value of this one. */
  static boolean isOption(char[] text, int from, int to) {
    if (from >= to || text[from] != '-') {
      return false;
    }
    if (to - from > 2 && text[from + 1] == '-') {
      return text[from + 2] >= 'a' && text[from + 2] <= 'z';
    }
    String start = new String(text, from, Math.min(to - from, 5));
    return start.startsWith("-XX:")
        || start.startsWith("-Xm")
        || start.startsWith("-Xs")
        || (start.startsWith("-D") && indexOf(text, from, to, '=') > 0);
  }

  private static int indexOf(char[] text, int from, int to, char wanted) {
    for (int i = from; i < to; i++) {
      if (text[i] == wanted) {
        return i;
      }
    }
    return -1;
  }

  /** Where in {@code user:password} the password begins; -1 if there is none. */
  static int passwordOf(char[] text, int from, int to) {
    int colon = -1;
    boolean isNumber = true;
    for (int i = from; i < to; i++) {
      isNumber &= Chars.isDigit(text[i]) || text[i] == ':';
      colon = colon < 0 && text[i] == ':' ? i : colon;
    }
    boolean hasPassword = colon > from && colon + 1 < to && !isNumber;
    return hasPassword && !Chars.isAt(text, colon, to, "://") ? colon + 1 : -1;
  }
}
