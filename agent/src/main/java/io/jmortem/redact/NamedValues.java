// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

/**
 * Values after their names: {@code name=value}, {@code name: value}, {@code "name": "value"},
 * {@code <name>value</name>}, and the credentials in {@code scheme://...}.
 */
final class NamedValues {

  /** The most digits of a port. */
  private static final int MAX_PORT_DIGITS = 5;

  private static final int MAX_WORD = 24;

  private final Line line;
  private final Values values;
  private final SecretNames names = new SecretNames();
  private final UrlCredentials urls;
  private final OptionValues options;

  NamedValues(Line line, Values values) {
    this.line = line;
    this.values = values;
    this.urls = new UrlCredentials(line);
    this.options = new OptionValues(line, values, names);
  }

  /** Starts a line, or a piece of one. */
  void begin() {
    urls.begin();
    options.begin();
  }

  /** Looks at what follows a name; returns where to continue. */
  int look(int from, int to) {
    int quote = line.skipQuote(to);
    int at = line.skipBlanks(quote);
    int behind = -1;
    options.lookForClient(from, to);
    if (at < line.to) {
      char c = line.text[at];
      if (c == ':') {
        behind = afterColon(from, to, at);
      } else if (c == '=') {
        behind = afterEquals(from, to, at);
      } else if (c == '>' && at == to && from > line.from && line.text[from - 1] == '<') {
        behind = element(from, to);
      } else if (quote > to) {
        behind = pairedValue(from, to, at);
      } else if (c == '%' && at == to) {
        behind = afterEscape(from, to);
      } else if (c == '/' && at == to && options.isConnecting(from)) {
        behind = options.connection(from);
      } else if (c == '-' && at > to && line.isAt(at, "->")) {
        behind = afterArrow(from, to, at + 2);
      }
    }
    if (behind < 0 && line.text[from] == '-') {
      behind = options.look(from, to);
    }
    return behind >= 0 ? behind : to;
  }

  private int afterEquals(int from, int to, int sign) {
    int traits = names.of(line.text, from, to);
    boolean isOption = line.text[from] == '-';
    if (traits == 0) {
      boolean isUser = isOption && CommandOptions.isUser(line.text, from, to);
      boolean isConnection = sign == to && CommandOptions.isConnection(line.text, from, to);
      return isUser
          ? options.credentials(sign + 1)
          : isConnection ? options.connection(sign + 1) : -1;
    }
    boolean isKey = (traits & SecretNames.KEY) != 0 && isOption && line.text[to - 4] == '-';
    if (((traits & SecretNames.SECRET) == 0 && !isKey) || isFlag(from)) {
      return -1;
    }
    int value = sign + 1;
    if (value < line.to && (line.text[value] == '=' || line.text[value] == '>')) {
      if (line.text[value] == '=' && line.isBlankOrEnd(value + 1)) {
        return -1; // a comparison
      }
      value += line.text[value] == '>' ? 1 : 0;
    }
    int at = line.skipBlanks(value);
    boolean isEmpty = at > value && sign == to && at < line.to && line.text[at] == '-';
    return isEmpty ? value : value(from, at, traits, false);
  }

  /** {@code -XX:Name=} is an option of the VM. */
  private boolean isFlag(int from) {
    int at = from - 1;
    at -= at >= line.from && (line.text[at] == '+' || line.text[at] == '-') ? 1 : 0;
    return at - 3 >= line.from && line.isAt(at - 3, "-XX:");
  }

  private int afterColon(int from, int to, int colon) {
    boolean isQuoted = line.skipQuote(to) > to;
    if (colon == to && line.isAt(colon, "://")) {
      return urls.look(from, colon);
    }
    if (colon == to && line.isAt(colon, "::")) {
      return colon + 2; // a scope of C++
    }
    if (colon == to && (line.isAt(from, "thin:") || line.isAt(from, "oci:"))) {
      return oracle(from, to);
    }
    int traits = isInPath(from) ? 0 : names.of(line.text, from, to);
    traits = traits == SecretNames.KEY ? names.of(line.text, wordBefore(from), to) : traits;
    if ((traits & (isQuoted ? SecretNames.SECRET : SecretNames.AT_END)) == 0) {
      return -1;
    }
    int value = colon + 1;
    value += value < line.to && line.text[value] == '=' ? 1 : 0; // :=
    int at = line.skipBlanks(value);
    if (from > line.from && line.text[from - 1] == '/' && values.isPlace(at)) {
      return -1; // /token:/lib in a list of directories
    }
    boolean isWord = !isQuoted && (traits & SecretNames.WEAK) != 0 && at > value;
    if (isWord || (!isQuoted && at == value && isPort(from, to, at))) {
      return -1;
    }
    boolean isHeader = (traits & SecretNames.HEADER) != 0 && !isQuoted;
    return value(from, at, traits, isHeader);
  }

  /** Excludes Windows options such as {@code /password:x}. */
  private boolean isInPath(int from) {
    int before = from - 1;
    if (before < line.from || (line.text[before] != '/' && line.text[before] != '\\')) {
      return false;
    }
    return line.text[before] != '/'
        || (before > line.from && !Chars.isBlank(line.text[before - 1]));
  }

  /** The index of {@code api} in {@code api key}; the same index if there is no such word. */
  private int wordBefore(int from) {
    int start = from - 1;
    if (start < line.from || line.text[start] != ' ') {
      return from;
    }
    while (start > line.from
        && from - start < MAX_WORD
        && Chars.isAlphanumeric(line.text[start - 1])) {
      start--;
    }
    return start;
  }

  /** {@code password%3Dx%26}: a query inside another query, or JSON inside one. */
  private int afterEscape(int from, int to) {
    int sign = line.isAt(to, "%22") ? to + 3 : to;
    boolean isEscape = sign < line.to && line.text[sign] == '%';
    int code = sign + 1;
    while (isEscape && code < to + MAX_WORD && line.isAt(code, "25")) {
      code += 2; // escaped twice
    }
    boolean isEquals = isEscape && Chars.isAtIgnoringCase(line.text, code, line.to, "3d");
    boolean isColon = isEscape && Chars.isAtIgnoringCase(line.text, code, line.to, "3a");
    int traits = isEquals || isColon ? names.of(line.text, from, to) : 0;
    int wanted = isEquals ? SecretNames.SECRET : SecretNames.AT_END;
    if ((traits & wanted) == 0) {
      return -1;
    }
    int value = code + 2;
    value += line.isAt(value, "%22") ? 3 : 0;
    if (value >= line.to || isHarmless(value, traits)) {
      return value;
    }
    values.lookAtEscaped(value);
    return cutValue(value);
  }

  /** {@code password -> x}. */
  private int afterArrow(int from, int to, int behind) {
    int traits = names.of(line.text, from, to);
    boolean isWord = (traits & SecretNames.AT_END) == 0 || (traits & SecretNames.WEAK) != 0;
    return isWord ? -1 : value(from, line.skipBlanks(behind), traits, false);
  }

  /** {@code token-server:8080}: a port after the name of a host, which has several words. */
  private boolean isPort(int from, int to, int at) {
    int end = at;
    while (end < line.to && end <= at + MAX_PORT_DIGITS && Chars.isDigit(line.text[end])) {
      end++;
    }
    boolean isNumber =
        end > at
            && end <= at + MAX_PORT_DIGITS
            && (end == line.to || !Chars.isCredential(line.text[end]));
    boolean isPath = end > at && end < line.to && line.text[end] == '/';
    boolean hasWords = false;
    for (int i = from; i < to; i++) {
      hasWords |= line.text[i] == '.' || line.text[i] == '-';
    }
    return hasWords && (isNumber || isPath);
  }

  /** {@code jdbc:oracle:thin:user/password@host}. */
  private int oracle(int from, int colon) {
    boolean isOracle = from - 7 >= line.from && Chars.isAt(line.text, from - 7, from, "oracle:");
    int user = colon + 1;
    int slash = line.skipName(user);
    if (!isOracle || slash == user || slash >= line.to || line.text[slash] != '/') {
      return -1;
    }
    int end = line.wordEnd(slash);
    int at = end - 1;
    while (at > slash && line.text[at] != '@') {
      at--;
    }
    return at == slash ? end : line.cut(slash + 1, at);
  }

  private int value(int name, int from, int traits, boolean isHeader) {
    if (from >= line.to || isHarmless(from, traits)) {
      return from;
    }
    boolean hasScheme = (traits & SecretNames.SCHEME) != 0;
    int at = hasScheme ? values.skipScheme(from) : values.skipTag(from);
    int behind = at + Redactor.REDACTED.length();
    if (line.isAt(at, Redactor.REDACTED) && line.isBlankOrEnd(behind)) {
      return behind; // what follows does not belong to it, or is redacted separately
    }
    if (isHeader) {
      values.lookAtHeader(name, at);
    } else if (values.lookInQuotes(at)) {
      at = hasScheme ? values.skipScheme(values.contentFrom()) : values.contentFrom();
    } else if (at < line.to && (line.text[at] == '[' || line.text[at] == '{')) {
      values.lookInBrackets(at);
    } else {
      boolean isInConnectionString = name > line.from && line.text[name - 1] == ';';
      values.lookAtWord(hasScheme ? at : values.skipScheme(at), isInConnectionString);
    }
    return cutValue(at);
  }

  private boolean isHarmless(int from, int traits) {
    boolean mayBeNumber = (traits & SecretNames.NUMBER) != 0;
    boolean mayBeSwitch = (traits & SecretNames.SCHEME) != 0;
    return values.isDescriptor(from)
        || (mayBeNumber && values.isNumber(from))
        || (mayBeSwitch && values.isYesOrNo(from))
        || ((traits & SecretNames.PLACE) != 0 && values.isPlace(from));
  }

  private int cutValue(int from) {
    line.isOpen = !values.isClosed() && !line.isEnd;
    line.cut(from, values.contentTo());
    return Math.max(from, values.contentTo());
  }

  /** {@code <password>x</password>}. */
  private int element(int from, int to) {
    if ((names.of(line.text, from, to) & SecretNames.AT_END) == 0) {
      return -1;
    }
    int end = to + 1;
    while (end < line.to && line.text[end] != '<') {
      end++;
    }
    line.count(end - to);
    return line.cut(to + 1, end);
  }

  /** {@code "name": "DB_PASSWORD", "value": "x"}, and the same as attributes. */
  private int pairedValue(int from, int to, int behind) {
    int at = line.text[behind] == ',' ? line.skipBlanks(behind + 1) : behind;
    at = line.skipQuote(at);
    if (!line.isAt(at, "value")) {
      return -1;
    }
    int sign = line.skipBlanks(line.skipQuote(at + 5));
    boolean isPair = sign < line.to && (line.text[sign] == '=' || line.text[sign] == ':');
    int traits = isPair ? names.of(line.text, from, to) : 0;
    return (traits & SecretNames.SECRET) == 0
        ? -1
        : value(at, line.skipBlanks(sign + 1), traits, false);
  }
}
