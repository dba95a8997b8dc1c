// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

import java.io.IOException;

/**
 * A text on its way through, of which a window is in memory: what has been read and may still be a
 * part of a secret that goes on. A line that does not fit is looked through in pieces.
 */
final class Window {

  /** Where what is left goes. */
  interface Output {
    void passOn(char[] text, int from, int length) throws IOException;

    /** In place of a secret. */
    void passRedacted() throws IOException;
  }

  private static final int SIZE = 32 * 1024;

  /** A longer line is a piece that can be cut in two. */
  private static final int MAX_LINE = SIZE / 2;

  /** So far back a piece's end is looked for. */
  private static final int MAX_WORD = 4096;

  private final LineScanner scanner = new LineScanner();
  private final char[] text = new char[SIZE];
  private final RedactedRanges found = new RedactedRanges(); // by names and shapes
  private final RedactedRanges known = new RedactedRanges(); // letter by letter
  private Literals.Automaton literals;
  private Output output;
  private int state; // of the literals
  private boolean wasInWord; // the character that they read last
  private int to; // of what was read
  private int scanned; // lines, up to here
  private int sought; // the end of the line, up to here
  private boolean isCut; // what was written last

  /** Characters that were looked at, each as often as it was. */
  long steps() {
    return scanner.steps();
  }

  /** Begins a text. */
  void begin(Literals.Automaton secrets, Output out) {
    begin();
    literals = secrets;
    output = out;
  }

  /** Goes on by a part of the text; what is no secret, and can't become one, is passed on. */
  void add(char[] part, int from, int length) throws IOException {
    int end = from + length;
    for (int i = from; i < end; ) {
      int n = Math.min(end - i, SIZE - to);
      System.arraycopy(part, i, text, to, n);
      i += n;
      find(to + n);
      scanLines(false);
      // a line break may be in the middle of a secret
      int done = scanner.isOpen() ? Math.max(0, scanned - 1) : scanned;
      release(Math.min(done, to - literals.depth(state)));
    }
  }

  /** Passes on what is left: the text ends here. */
  void end() throws IOException {
    known.add(to - literals.hiddenIfCutOff(state), to);
    scanLines(true);
    release(to);
  }

  /** Looks through a text that fits, which most do; false if it does not. */
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

  /** What names and shapes have shown to be secret in the text that was looked through. */
  RedactedRanges found() {
    return found;
  }

  /** Whether there is no secret in the text that was looked through. */
  boolean isClean() {
    return found.count() == 0 && known.count() == 0;
  }

  /** What is left of the text that was looked through. */
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

  /** Before a blank, or before what separates a value from the next name, near the end. */
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

  /** Writes what is before an index and can't be a part of anything that is still to come. */
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

  /** A text in memory. */
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
