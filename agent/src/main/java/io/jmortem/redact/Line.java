// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

/** What is being looked through: a line, or a piece of a very long one. One object for all. */
final class Line {

  char[] text = new char[0];
  int from;
  int to;

  /** Whether the line ends where the text does. */
  boolean isEnd;

  /** What is found. */
  RedactedRanges cuts = new RedactedRanges();

  /** Whether the value that was found last goes on behind the piece. */
  boolean isOpen;

  private long steps;

  void set(char[] newText, int newFrom, int newTo, boolean newIsEnd, RedactedRanges newCuts) {
    text = newText;
    from = newFrom;
    to = newTo;
    isEnd = newIsEnd;
    cuts = newCuts;
    isOpen = false;
  }

  /** A secret; answers where to go on. */
  int cut(int start, int end) {
    cuts.add(start, end);
    return end;
  }

  boolean isAt(int at, String wanted) {
    return Chars.isAt(text, at, to, wanted);
  }

  boolean isBlankOrEnd(int at) {
    return at >= to || Chars.isBlank(text[at]);
  }

  /** Behind the blanks that are here: not more than anybody would align values with. */
  int skipBlanks(int at) {
    int limit = Math.min(to, at + 64);
    int i = at;
    while (i < limit && (text[i] == ' ' || text[i] == '\t')) {
      i++;
    }
    steps += i - at;
    return i;
  }

  /** Behind the characters of a name that are here. */
  int skipName(int at) {
    int i = at;
    while (i < to && Chars.isName(text[i])) {
      i++;
    }
    steps += i - at;
    return i;
  }

  /** Behind a quote, with the backslashes before it; the same place if there is none. */
  int skipQuote(int at) {
    int i = at;
    while (i < to && i < at + 8 && text[i] == '\\') {
      i++;
    }
    return i < to && Chars.isQuote(text[i]) ? i + 1 : at;
  }

  /** Whether the name of another value begins here: {@code name=}, {@code "name":}. */
  boolean isPair(int at) {
    int name = skipQuote(at);
    int end = skipName(name);
    if (end == name) {
      return false;
    }
    int behind = skipQuote(end);
    return behind < to && (text[behind] == '=' || text[behind] == ':');
  }

  /** Where a word ends: at a blank. */
  int wordEnd(int at) {
    int i = at;
    while (i < to && !Chars.isBlank(text[i])) {
      i++;
    }
    steps += i - at;
    return i;
  }

  /** Characters that were looked at, each as often as it was: a measure that no clock disturbs. */
  long steps() {
    return steps;
  }

  void count(int looked) {
    steps += looked;
  }
}
