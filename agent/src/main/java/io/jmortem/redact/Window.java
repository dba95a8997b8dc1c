// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

import java.io.IOException;

/**
 * A text stream with a window in memory. The window holds text that was read and may still be part
 * of a secret. A line that does not fit is searched in pieces.
 */
final class Window {

  /** Receives the text without its secrets. */
  interface Output {
    void passOn(char[] text, int from, int length) throws IOException;

    /** Called in place of each secret. */
    void passRedacted() throws IOException;
  }

  private static final int SIZE = 32 * 1024;

  /** A longer line is split into pieces. */
  private static final int MAX_LINE = SIZE / 2;

  /** How far back the end of a piece is searched. */
  private static final int MAX_WORD = 4096;

  private final LineScanner scanner = new LineScanner();
  private final char[] text = new char[SIZE];
  private final RedactedRanges found = new RedactedRanges(); // secrets by names and shapes
  private final RedactedRanges known = new RedactedRanges(); // known secrets
  private Literals.Automaton literals = Literals.NONE;
  private Output output = new TextOutput(new StringBuilder());
  private int state; // state of the automaton
  private boolean wasInWord; // whether the last character that the automaton read is in a word
  private int to; // end of the text that was read
  private int scanned; // lines were searched up to here
  private int sought; // the end of the line was searched up to here
  private boolean isCut; // whether a replacement was written last

  /** The number of characters looked at, including repeats. */
  long steps() {
    return scanner.steps();
  }

  /** Starts a text. */
  void begin(Literals.Automaton secrets, Output out) {
    begin();
    literals = secrets;
    output = out;
  }

  /** Takes the next part of the text; writes text that is not, and can't become, a secret. */
  void add(char[] part, int from, int length) throws IOException {
    int end = from + length;
    for (int i = from; i < end; ) {
      int n = Math.min(end - i, SIZE - to);
      System.arraycopy(part, i, text, to, n);
      i += n;
      find(to + n);
      scanLines(false);
      // a secret may contain a line break
      int done = scanner.isOpen() ? Math.max(0, scanned - 1) : scanned;
      release(Math.min(done, to - literals.depth(state)));
    }
  }

  /** Writes the remaining text: the text ends here. */
  void end() throws IOException {
    known.add(to - literals.hiddenIfCutOff(state), to);
    scanLines(true);
    release(to);
  }

  /** Searches a text that fits into the window, as most do; false if it does not fit. */
  boolean look(String whole, Literals.Automaton secrets) {
    if (whole.length() > SIZE) {
      return false;
    }
    begin();
    literals = secrets;
    whole.getChars(0, whole.length(), text, 0);
    find(whole.length());
    known.add(to - literals.hiddenIfCutOff(state), to);
    scanLines(true);
    return true;
  }

  /** The secrets found by names and shapes in the searched text. */
  RedactedRanges found() {
    return found;
  }

  /** Whether the searched text holds no secret. */
  boolean isClean() {
    return found.count() == 0 && known.count() == 0;
  }

  /** The searched text without its secrets. */
  String left() {
    StringBuilder left = new StringBuilder(to);
    output = new TextOutput(left);
    try {
      release(to);
    } catch (IOException e) {
      throw new IllegalStateException("a text in memory can be written", e);
    }
    return left.toString();
  }

  private void begin() {
    scanner.begin();
    found.clear();
    known.clear();
    to = 0;
    scanned = 0;
    sought = 0;
    state = 0;
    wasInWord = false;
    isCut = false;
  }

  private void find(int newTo) {
    if (!literals.isEmpty()) {
      for (int i = to; i < newTo; i++) {
        boolean isInWord = Boundaries.isInWord(text[i]);
        if (isInWord != wasInWord) {
          step(Boundaries.MARK, i);
          wasInWord = isInWord;
        }
        step(text[i], i + 1);
      }
    }
    to = newTo;
  }

  private void step(char c, int behind) {
    state = literals.step(state, c);
    int hidden = literals.hidden(state);
    if (hidden > 0) {
      known.add(behind - hidden, behind);
    }
  }

  private void scanLines(boolean isAll) {
    int from = scanned;
    for (int i = Math.max(from, sought); i < to; i++) {
      if (text[i] == '\n') {
        scanner.scan(text, from, i, true, found);
        from = i + 1;
      }
    }
    sought = to;
    if (isAll) {
      scanner.scan(text, from, to, true, found);
      from = to;
    } else if (to - from > MAX_LINE) {
      int end = endOfPiece(from);
      scanner.scan(text, from, end, false, found);
      from = end;
    }
    scanned = from;
  }

  /** An index near the end: before a blank, or before the separator of the next name. */
  private int endOfPiece(int from) {
    int limit = Math.max(from + 1, to - MAX_WORD);
    int separator = -1;
    for (int i = to - 1; i >= limit; i--) {
      if (Chars.isBlank(text[i])) {
        return i;
      }
      if (separator < 0 && ",;&".indexOf(text[i]) >= 0) {
        separator = i;
      }
    }
    return separator > 0 ? separator : to;
  }

  /** Writes the text before an index that can't be part of a later secret. */
  private void release(int end) throws IOException {
    int at = 0;
    int f = 0;
    int k = 0;
    while (at < end) {
      boolean isFound = f < found.count() && (k == known.count() || found.from(f) <= known.from(k));
      int from = isFound ? found.from(f) : k < known.count() ? known.from(k) : end;
      int cutTo = isFound ? found.to(f++) : k < known.count() ? known.to(k++) : end;
      if (from > at) {
        int plainTo = Math.min(from, end);
        output.passOn(text, at, plainTo - at);
        isCut = false;
        at = plainTo;
      }
      if (from < end && cutTo > at) {
        if (!isCut) {
          output.passRedacted();
        }
        isCut = true;
        at = Math.min(cutTo, end);
      }
    }
    forget(end);
  }

  private void forget(int end) {
    System.arraycopy(text, end, text, 0, to - end);
    found.shift(end);
    known.shift(end);
    to -= end;
    scanned -= end;
    sought -= end;
  }

  /** Redacts a text in memory. */
  record TextOutput(StringBuilder left) implements Output {

    @Override
    public void passOn(char[] text, int from, int length) {
      left.append(text, from, length);
    }

    @Override
    public void passRedacted() {
      left.append(Redactor.REDACTED);
    }
  }
}
