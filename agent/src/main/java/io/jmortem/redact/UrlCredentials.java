// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

/**
 * Credentials in a URL: {@code scheme://user:password@host}, {@code scheme://token@host}. A
 * password may hold characters that should have been escaped, such as at signs and slashes. So the
 * last at sign before the query ends it.
 */
final class UrlCredentials {

  private static final int MAX_PORT_DIGITS = 5;

  private final Line line;

  // the last word looked at; a word may hold many URLs
  private int wordTo;
  private int lastAt;

  UrlCredentials(Line line) {
    this.line = line;
  }

  void begin() {
    wordTo = line.from;
    lastAt = -1;
  }

  /**
   * Looks at a URL.
   *
   * @param scheme where its name begins
   * @param colon the colon after the scheme
   * @return where to continue
   */
  int look(int scheme, int colon) {
    int from = colon + 3;
    if (from >= wordTo) {
      findWord(from);
    }
    if (lastAt < from) {
      return from;
    }
    int i = from;
    while (i < wordTo && !isEndOfHost(line.text[i]) && line.text[i] != ':') {
      i++;
    }
    line.count(i - from);
    if (i < wordTo && line.text[i] == ':') {
      return line.text[from] == '[' || isPort(i) ? from : password(i);
    }
    return token(scheme, colon, from, i);
  }

  private void findWord(int from) {
    int i = from;
    int at = -1;
    while (i < line.to && !Chars.isBlank(line.text[i]) && !isOutside(line.text[i])) {
      if (line.text[i] == '@') {
        at = i;
      }
      i++;
    }
    line.count(i - from);
    wordTo = i;
    lastAt = at;
  }

  private static boolean isOutside(char c) {
    return c == '"' || c == '<' || c == '>' || c == '`';
  }

  private static boolean isEndOfHost(char c) {
    return c == '/' || c == '?' || c == '#';
  }

  private boolean isPort(int colon) {
    int i = colon + 1;
    while (i < wordTo && i <= colon + MAX_PORT_DIGITS && Chars.isDigit(line.text[i])) {
      i++;
    }
    return i > colon + 1
        && (i == wordTo || isEndOfHost(line.text[i]) || ",;)'".indexOf(line.text[i]) >= 0);
  }

  private int password(int colon) {
    int at = -1;
    int i = colon + 1;
    for (; i <= lastAt; i++) {
      char c = line.text[i];
      if (c == '@') {
        at = i;
      } else if (at >= 0 && (isQuery(c, i) || isNext(c, i))) {
        break; // the rest does not belong to it
      }
    }
    line.count(i - colon);
    line.cuts.add(colon + 1, at);
    return at;
  }

  private boolean isQuery(char c, int at) {
    return (c == '?' || c == '#') && line.isPair(at + 1);
  }

  /** Whether another URL begins after a comma or a similar character. */
  private boolean isNext(char c, int at) {
    if (c != ',' && c != ';' && c != '|') {
      return false;
    }
    int end = line.skipName(at + 1);
    return end > at + 1 && line.isAt(end, "://");
  }

  /** Everything before the at sign, except "git", the user of all code hosts. */
  private int token(int scheme, int colon, int from, int hostTo) {
    int at = -1;
    for (int i = from; i < hostTo; i++) {
      if (line.text[i] == '@') {
        at = i;
      }
    }
    boolean isShell = colon - scheme >= 3 && Chars.isAt(line.text, colon - 3, colon, "ssh");
    boolean isGit = at == from + 3 && line.isAt(from, "git");
    if (at < 0 || isShell || isGit || line.isAt(scheme, "sftp")) {
      return from;
    }
    line.cuts.add(from, at);
    return at;
  }
}
