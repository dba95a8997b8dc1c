// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Command-line options that take a secret, or may take one. */
final class CommandOptions {

  /** What an option's value is. */
  enum Value {
    /** Unknown. */
    ORDINARY,
    /** A secret, even if it begins with a hyphen. */
    SECRET,
    /** {@code user:password}, {@code user%password}. */
    CREDENTIALS,
    /** {@code user/password@host}, {@code user:password@tcp(host)}. */
    CONNECTION,
    /** {@code name=value}, or a file of such. */
    COOKIE,
    /** The value of {@code -p}: a password, a port, or a path. */
    PASSWORD_OR_PLACE
  }

  /** Options that begin with {@code -p} and take no password. */
  private static final String[] NO_PASSWORD = {
    "pac", "page", "par", "pass", "pat", "pau", "ped", "peer", "perf", "pers", "pha", "pid", "pil",
    "pin", "pipe", "pix", "pkg", "pla", "plu", "pod", "pol", "pom", "poo", "port", "pos", "pow",
    "pre", "pri", "pro", "pru", "pub", "pul", "pur", "push", "put", "pl", "py"
  };

  /** Options that begin with {@code -u} and take no user. */
  private static final Set<String> NO_USER =
      Set.of(
          "url", "urls", "uri", "use", "user", "username", "update", "unit", "unix", "udp", "uuid");

  /** Suffixes of file names, for options that take a key or the file of a key. */
  private static final String[] FILES = {
    ".jar", ".pem", ".key", ".crt", ".cer", ".jks", ".p12", ".pfx", ".txt", ".conf", ".json", ".yml"
  };

  /** Options that take the address of a database with the credentials. */
  private static final Set<String> CONNECTIONS = Set.of("dsn", "userid", "connstr");

  private static final int MIN_WORD = 6;

  /** One-letter options joined into one argument. */
  private static final int MAX_FLAGS = 6;

  private CommandOptions() {}

  /**
   * The kind of the argument that follows an option.
   *
   * @param text the option, beginning with its first hyphen
   * @param names knows the names of secrets
   * @param client the program that the option belongs to; null if it is unknown
   */
  static Value valueOf(char[] text, int from, int to, SecretNames names, @Nullable Client client) {
    int name = from;
    while (name < to && text[name] == '-') {
      name++;
    }
    int hyphens = name - from;
    int length = to - name;
    if (hyphens == 0 || hyphens > 2 || length == 0) {
      return Value.ORDINARY;
    }
    if (hyphens == 1 && client != null && length <= MAX_FLAGS) {
      Value value = valueOfLast(text, name, to, client);
      if (value != Value.ORDINARY) {
        return value;
      }
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
    if (isConnection(text, name, to)) {
      return Value.CONNECTION;
    }
    if (client != null
        && client.credentials().indexOf('E') >= 0
        && isNamed(text, name, to, "cert")) {
      return Value.CREDENTIALS;
    }
    int traits = names.of(text, from, to);
    boolean isSecret = (traits & (SecretNames.SECRET | SecretNames.KEY)) != 0;
    boolean isSalt = isNamed(text, name, to, "salt"); // a salt that is a number is a secret, too
    if (!isSecret || ((traits & SecretNames.NUMBER) != 0 && !isSalt)) {
      return Value.ORDINARY;
    }
    return (traits & SecretNames.PLACE) != 0 ? Value.PASSWORD_OR_PLACE : Value.SECRET;
  }

  /** In joined one-letter options, {@code -sSu}, the last one takes the value. */
  private static Value valueOfLast(char[] text, int from, int to, Client client) {
    for (int i = from; i < to; i++) {
      if (!Chars.isAlphanumeric(text[i]) || Chars.isDigit(text[i])) {
        return Value.ORDINARY;
      }
    }
    boolean isOne = to - from == 1 || client.attaches();
    return isOne ? client.valueOf(text[to - 1]) : Value.ORDINARY;
  }

  private static boolean isNamed(char[] text, int from, int to, String name) {
    return to - from == name.length() && Chars.isAt(text, from, to, name);
  }

  /** {@code dsn}, {@code --db-dsn}, {@code DB_DSN}: decided by the last word. */
  static boolean isConnection(char[] text, int from, int to) {
    int start = to;
    while (start > from && to - start < MIN_WORD + 2 && Chars.isAlphanumeric(text[start - 1])) {
      start--;
    }
    return to - start >= 3
        && CONNECTIONS.contains(new String(text, start, to - start).toLowerCase(Locale.ROOT));
  }

  /**
   * The kind of the value that follows the letter of a short option directly.
   *
   * @param to the end of the argument
   * @param client as for {@link #valueOf}
   */
  static Value attachedValue(char[] text, int from, int to, @Nullable Client client) {
    if (to - from < 3 || text[from] != '-' || text[from + 1] == '-') {
      return Value.ORDINARY;
    }
    boolean isPassword = client != null && client.hasPasswordAfterP();
    if (text[from + 1] == 'p') {
      return hasPasswordAttached(text, from, to, isPassword) ? Value.SECRET : Value.ORDINARY;
    }
    if (client != null && client.attaches()) {
      Value value = client.valueOf(text[from + 1]);
      if (value == Value.SECRET || value == Value.CREDENTIALS || value == Value.COOKIE) {
        return value;
      }
    }
    return text[from + 1] == 'u' && isUserAttached(text, from, to)
        ? Value.CREDENTIALS
        : Value.ORDINARY;
  }

  /** {@code -uadmin:x}, which is not {@code -url:x}. */
  private static boolean isUserAttached(char[] text, int from, int to) {
    int end = from + 2;
    while (end < to && Chars.isName(text[end])) {
      end++;
    }
    return end > from + 2
        && end < to
        && text[end] == ':'
        && !NO_USER.contains(new String(text, from + 1, end - from - 1));
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
   * Whether {@code -pX} is MySQL's option, with the password directly after the letter.
   *
   * @param to the end of the argument
   * @param isClient whether it certainly is an argument of such a client
   */
  private static boolean hasPasswordAttached(char[] text, int from, int to, boolean isClient) {
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

  /** A port, an address, a path, or a placeholder of a usage text: not a password. */
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
    return isNumber || (hasSlash && !isRandom) || isFile(text, from, to);
  }

  private static boolean isFile(char[] text, int from, int to) {
    for (String ending : FILES) {
      int start = to - ending.length();
      if (start > from && Chars.isAtIgnoringCase(text, start, to, ending)) {
        return true;
      }
    }
    return false;
  }

  /** Whether a text with a hyphen is the next option rather than the value of this one. */
  static boolean isOption(char[] text, int from, int to) {
    if (from >= to || text[from] != '-') {
      return false;
    }
    if (to - from > 2 && text[from + 1] == '-') {
      return isLongOption(text, from + 2, to);
    }
    String start = new String(text, from, Math.min(to - from, 5));
    return start.startsWith("-XX:")
        || start.startsWith("-Xm")
        || start.startsWith("-Xs")
        || (start.startsWith("-D") && indexOf(text, from, to, '=') > 0);
  }

  /** Words with at most one number; {@code --x} and {@code --s3cr3t} are not options. */
  private static boolean isLongOption(char[] text, int from, int to) {
    int numbers = 0;
    int i = from;
    for (; i < to && Chars.isName(text[i]); i++) {
      numbers += Chars.isDigit(text[i]) && !Chars.isDigit(text[i - 1]) ? 1 : 0;
    }
    boolean isEnd = i == to || text[i] == '=' || text[i] == ':';
    return i - from > 1 && isEnd && numbers <= 1 && text[from] >= 'a' && text[from] <= 'z';
  }

  private static int indexOf(char[] text, int from, int to, char wanted) {
    for (int i = from; i < to; i++) {
      if (text[i] == wanted) {
        return i;
      }
    }
    return -1;
  }

  /** Where the password begins in {@code user:password} or {@code user%password}; -1: none. */
  static int passwordOf(char[] text, int from, int to) {
    int colon = indexOf(text, from, to, ':');
    int sign = colon >= 0 ? colon : indexOf(text, from, to, '%');
    boolean isNumber = true;
    for (int i = from; i < to; i++) {
      isNumber &= Chars.isDigit(text[i]) || text[i] == ':';
    }
    boolean hasPassword = sign > from && sign + 1 < to && !isNumber;
    boolean isOther = hasPassword && (Chars.isAt(text, sign, to, "://") || isAt(text, sign, to));
    return hasPassword && !isOther ? sign + 1 : -1;
  }

  /** An escaped at sign: the user is an email address. */
  private static boolean isAt(char[] text, int from, int to) {
    return Chars.isAt(text, from, to, "%40");
  }

  /** Where the password begins in {@code user/password@host}; -1: none. */
  static int passwordOfConnection(char[] text, int from, int to) {
    int i = from;
    while (i < to && Chars.isName(text[i])) {
      i++;
    }
    boolean isSign = i > from && i < to && (text[i] == '/' || text[i] == ':');
    return isSign && !Chars.isAt(text, i, to, "://") && endOfConnection(text, i + 1, to) > i + 1
        ? i + 1
        : -1;
  }

  /** The last at sign, which precedes the host; -1 if there is none. */
  static int endOfConnection(char[] text, int from, int to) {
    for (int i = to - 1; i >= from; i--) {
      if (text[i] == '@') {
        return i;
      }
    }
    return -1;
  }

  /** Where a cookie begins; -1 if the value is the name of a file. */
  static int cookie(char[] text, int from, int to) {
    return indexOf(text, from, to, '=') > from ? from : -1;
  }
}
