// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

/**
 * Finds the end of a value. A value in quotes ends at the closing quote, a value in brackets at the
 * closing bracket. Any other value ends at a blank, or at the separator before the next name.
 */
final class Values {

  /** How far after a blank the semicolon of a connection string is searched. */
  private static final int MAX_WORDS = 128;

  private static final String[] SCHEMES = {
    "bearer ",
    "basic ",
    "digest ",
    "token ",
    "negotiate ",
    "ntlm ",
    "apikey ",
    "hawk ",
    "aws4-hmac-sha256 "
  };

  private static final String[] SWITCH = {
    "true", "false", "yes", "no", "on", "off", "enabled", "disabled", "none"
  };

  private final Line line;

  // about the last value
  private int contentFrom;
  private int contentTo;
  private boolean isClosed;
  private boolean isLine;
  private char quote;
  private int backslashes;

  Values(Line line) {
    this.line = line;
  }

  /** The value's first character, without its quote. */
  int contentFrom() {
    return contentFrom;
  }

  /** The index after its last character. */
  int contentTo() {
    return contentTo;
  }

  /** Whether the end of the line did not end it. */
  boolean isClosed() {
    return isClosed;
  }

  /** Whether it extends to the end of the line, wherever that is. */
  boolean isLine() {
    return isLine;
  }

  /** The kind of quote around it; 0 if there is none. */
  char quote() {
    return quote;
  }

  /** How many backslashes precede each of the quotes, as in JSON inside JSON. */
  int backslashes() {
    return backslashes;
  }

  /** Looks at a value in quotes; false if there is none. */
  boolean lookInQuotes(int at) {
    int behind = line.skipQuote(at);
    if (behind == at) {
      return false;
    }
    quote = line.text[behind - 1];
    backslashes = behind - 1 - at;
    contentFrom = behind;
    lookForQuote(behind, quote, backslashes);
    return true;
  }

  /** Finds the closing quote: it has as many backslashes as the opening one. */
  void lookForQuote(int at, char wanted, int escapes) {
    isLine = false;
    int period = 2 * (escapes + 1);
    int seen = 0;
    int i = at;
    for (; i < line.to; i++) {
      char c = line.text[i];
      if (c == wanted && seen % period == escapes) {
        line.count(i - at);
        contentTo = i - escapes;
        isClosed = true;
        return;
      }
      seen = c == '\\' ? seen + 1 : 0;
    }
    line.count(i - at);
    contentTo = line.to;
    isClosed = false;
  }

  /** Looks at a value without quotes. */
  void lookAtWord(int at, boolean isInConnectionString) {
    contentFrom = at;
    quote = 0;
    isLine = false;
    int i = at;
    int open = 0; // brackets
    for (; i < line.to; i++) {
      char c = line.text[i];
      if (c > '~' || Chars.isAlphanumeric(c)) {
        continue;
      }
      if (Chars.isBlank(c)) {
        i = isInConnectionString ? semicolon(i) : i;
        break;
      } else if (c == '(' || c == '[' || c == '{' || c == '<') {
        open++;
      } else if (c == ')' || c == ']' || c == '}' || c == '>') {
        if (open == 0 && isEndOfValue(i)) {
          break;
        }
        open -= open > 0 ? 1 : 0;
      } else if (separates(c, i)) {
        break;
      }
    }
    line.count(i - at);
    contentTo = i;
    isClosed = i < line.to;
  }

  /** Whether a quote or a bracket ends the value, rather than standing inside it. */
  boolean isEndOfValue(int at) {
    return at + 1 >= line.to || Chars.isAfterValue(line.text[at + 1]);
  }

  private boolean separates(char c, int at) {
    int next = at + 1;
    return switch (c) {
      case ',', ';', '&', '|' ->
          line.isBlankOrEnd(next)
              || Chars.isAfterValue(line.text[next])
              || line.skipQuote(next) > next
              || line.isPair(next);
      case '"', '\'', '`' -> isEndOfValue(at);
      case '\\' ->
          line.skipQuote(at) > at
              || line.isAt(at, "\\u0000")
              || (next < line.to && "nrt".indexOf(line.text[next]) >= 0 && line.isPair(next + 1));
      default -> false;
    };
  }

  /** In {@code Password=two words;User=x}, a semicolon ends it unless another pair comes first. */
  private int semicolon(int blank) {
    int limit = Math.min(line.to, blank + MAX_WORDS);
    for (int i = blank; i < limit; i++) {
      char c = line.text[i];
      if (c == ';' || c == '"') {
        line.count(i - blank);
        return i;
      }
      if (c == '=' || c == ':') {
        break;
      }
    }
    line.count(limit - blank);
    return blank;
  }

  /** Looks at a list or a map; if its end is missing, it extends to the end of the line. */
  void lookInBrackets(int at) {
    char opening = line.text[at];
    char closing = opening == '[' ? ']' : '}';
    int depth = 0;
    int i = at;
    for (; i < line.to; i++) {
      char c = line.text[i];
      depth += c == opening ? 1 : c == closing ? -1 : 0;
      if (depth == 0) {
        lookAtWord(i + 1, false); // {noop}secret
        contentFrom = at;
        return;
      }
    }
    line.count(i - at);
    restOfLine(at);
  }

  private void restOfLine(int at) {
    contentFrom = at;
    contentTo = line.to;
    quote = 0;
    isClosed = false;
    isLine = true;
  }

  /** Looks at the value of a header, up to the quote that surrounds the header, if any. */
  void lookAtHeader(int name, int at) {
    char before = name > line.from ? line.text[name - 1] : 0;
    if (Chars.isQuote(before)) {
      int escapes = 0;
      while (name - 2 - escapes >= line.from && line.text[name - 2 - escapes] == '\\') {
        escapes++;
      }
      quote = before;
      backslashes = escapes;
      contentFrom = at;
      lookForQuote(at, before, escapes);
      return;
    }
    restOfLine(at);
  }

  /** The index after a scheme such as {@code Bearer}; the same index if there is none. */
  int skipScheme(int at) {
    for (String scheme : SCHEMES) {
      if (Chars.isAtIgnoringCase(line.text, at, line.to, scheme)) {
        return line.skipBlanks(at + scheme.length());
      }
    }
    return at;
  }

  /** The index after a YAML tag, {@code !vault x}; the same index if there is none. */
  int skipTag(int at) {
    int end = at < line.to && line.text[at] == '!' ? line.skipName(at + 1) : at;
    return end > at + 1 && end < line.to && line.text[end] == ' ' ? line.skipBlanks(end) : at;
  }

  /** Whether it is a field descriptor of a class file, such as {@code Ljava/lang/String;}. */
  boolean isDescriptor(int at) {
    int i = at;
    while (i < line.to && i < at + 8 && line.text[i] == '[') {
      i++;
    }
    if (i >= line.to || line.text[i] != 'L') {
      return false;
    }
    boolean hasPackage = false;
    int limit = Math.min(line.to, i + MAX_WORDS);
    for (i++; i < limit && (Chars.isName(line.text[i]) || "/$".indexOf(line.text[i]) >= 0); i++) {
      hasPackage |= line.text[i] == '/';
    }
    line.count(i - at);
    return hasPackage && i < line.to && line.text[i] == ';';
  }

  /** Looks at a value with URL-escaped separators. */
  void lookAtEscaped(int at) {
    contentFrom = at;
    quote = 0;
    isLine = false;
    int i = at;
    while (i < line.to && !isEndOfEscaped(i)) {
      i++;
    }
    line.count(i - at);
    contentTo = i;
    isClosed = i < line.to;
  }

  private boolean isEndOfEscaped(int at) {
    char c = line.text[at];
    return c == '&'
        || Chars.isBlank(c)
        || (c == '%' && isSeparator(at))
        || (Chars.isQuote(c) && isEndOfValue(at));
  }

  private boolean isSeparator(int at) {
    return line.isAt(at, "%26") || line.isAt(at, "%2526") || line.isAt(at, "%22");
  }

  /** Whether it is a number, perhaps with a unit, or a yes or no. */
  boolean isNumber(int at) {
    int i = at;
    while (i < line.to && i < at + 20 && (Chars.isDigit(line.text[i]) || line.text[i] == '.')) {
      i++;
    }
    boolean hasDigits = i > at;
    int unit = i;
    while (i < line.to && i < unit + 8 && Chars.isAlphanumeric(line.text[i])) {
      i++;
    }
    boolean isEnd = i >= line.to || (!Chars.isName(line.text[i]) && line.text[i] != '/');
    return isEnd && (hasDigits ? i - unit <= 3 : isYesOrNo(at));
  }

  /** Whether it is the value of a switch, such as "on". */
  boolean isYesOrNo(int at) {
    int end = line.skipName(at);
    for (String word : SWITCH) {
      if (end - at == word.length() && Chars.isAtIgnoringCase(line.text, at, end, word)) {
        return true;
      }
    }
    return false;
  }

  /** Whether it is a path or a URL. */
  boolean isPlace(int at) {
    int i = line.skipQuote(at);
    return i < line.to
        && (line.text[i] == '/'
            || line.isAt(i, "./")
            || line.isAt(i, "../")
            || line.isAt(i, "~/")
            || line.isAt(i, "file:")
            || line.isAt(i, "classpath:")
            || line.isAt(i, "http://")
            || line.isAt(i, "https://"));
  }
}
