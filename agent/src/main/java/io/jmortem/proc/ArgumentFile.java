// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.util.ArrayList;
import java.util.List;

/**
 * Splits the text of an argument file into words, as the {@code java} launcher does. White space
 * separates words, except in quotes, where a backslash escapes, and joins lines at the end of a
 * line. A number sign begins a comment, even inside a word, whose rest is then lost.
 */
final class ArgumentFile {

  private enum State {
    BETWEEN,
    IN_WORD,
    IN_QUOTES,
    BEHIND_BACKSLASH,
    BEFORE_CONTINUATION,
    IN_COMMENT
  }

  private final List<String> words = new ArrayList<>();
  private final StringBuilder word = new StringBuilder();

  /** The quoted beginning of the word, which a comment after it does not remove. */
  private int kept;

  private State state = State.BETWEEN;
  private char quote;

  private ArgumentFile() {}

  static List<String> words(String text) {
    ArgumentFile file = new ArgumentFile();
    for (int i = 0; i < text.length(); i++) {
      file.take(text.charAt(i));
    }
    if (file.word.length() > 0 && (file.state == State.IN_WORD || file.state == State.IN_QUOTES)) {
      file.endWord();
    }
    return file.words;
  }

  private void take(char c) {
    switch (state) {
      case IN_COMMENT -> {
        if (isLineEnd(c)) {
          state = State.BETWEEN;
        }
      }
      case BEHIND_BACKSLASH -> {
        state = isLineEnd(c) ? State.BEFORE_CONTINUATION : State.IN_QUOTES;
        if (!isLineEnd(c)) {
          word.append(escaped(c));
        }
      }
      case BETWEEN, BEFORE_CONTINUATION -> {
        if (!isLineEnd(c) && !isBlank(c)) {
          state = state == State.BETWEEN ? State.IN_WORD : State.IN_QUOTES;
          takeText(c);
        }
      }
      default -> takeText(c);
    }
  }

  private void takeText(char c) {
    boolean isQuoted = state == State.IN_QUOTES;
    if (isLineEnd(c) || (isBlank(c) && !isQuoted)) {
      endWord();
    } else if (c == '#' && !isQuoted) {
      word.setLength(kept);
      state = State.IN_COMMENT;
    } else if (c == '\\' && isQuoted) {
      state = State.BEHIND_BACKSLASH;
    } else if (isQuoted ? c == quote : c == '"' || c == '\'') {
      quote = c;
      kept = word.length();
      state = isQuoted ? State.IN_WORD : State.IN_QUOTES;
    } else {
      word.append(c);
    }
  }

  private void endWord() {
    words.add(word.toString());
    word.setLength(0);
    kept = 0;
    state = State.BETWEEN;
  }

  private static boolean isLineEnd(char c) {
    return c == '\n' || c == '\r';
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\f';
  }

  private static char escaped(char c) {
    return switch (c) {
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'f' -> '\f';
      default -> c;
    };
  }
}
