// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

/** The text being searched: a line, or a piece of a very long one. The object is reused. */
final class Line {

  char[] text = new char[0];
  int from;
  int to;

  /** Whether the line ends where the text does. */
  boolean isEnd;

  /** The secrets that were found. */
  RedactedRanges cuts = new RedactedRanges();

  /** Whether the last value found continues after this piece. */
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

  /** Adds a secret; returns where to continue. */
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

  /** The index after the blanks here; at most as many as people use to align values. */
  int skipBlanks(int at) {
    int limit = Math.min(to, at + 64);
    int i = at;
    while (i < limit && (text[i] == ' ' || text[i] == '\t')) {
      i++;
    }
    steps += i - at;
    return i;
  }

  /** The index after the characters of the name here. */
  int skipName(int at) {
    int i = at;
    while (i < to && Chars.isName(text[i])) {
      i++;
    }
    steps += i - at;
    return i;
  }

  /** The index after a quote and the backslashes before it; the same index if there is none. */
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

  /** The end of a word: the next blank. */
  int wordEnd(int at) {
    int i = at;
    while (i < to && !Chars.isBlank(text[i])) {
      i++;
    }
    steps += i - at;
    return i;
  }

  /** The number of characters looked at, including repeats: a measure of work without a clock. */
  long steps() {
    return steps;
  }

  void count(int looked) {
    steps += looked;
  }
}
