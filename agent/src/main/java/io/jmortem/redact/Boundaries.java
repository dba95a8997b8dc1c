// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

/**
 * Where words begin and end: between a letter or a digit and anything else. The automaton reads a
 * mark at each of these places, so that it finds only whole words, without looking back.
 */
final class Boundaries {

  /** A character that texts do not contain; if a text contains it, it stands between two marks. */
  static final char MARK = '\uffff';

  private Boundaries() {}

  static boolean isInWord(char c) {
    return c < 128 ? Chars.isAlphanumeric(c) : Character.isLetterOrDigit(c);
  }

  /**
   * A text with its marks.
   *
   * @param begins whether a word begins at the beginning of the text
   * @param ends whether a word ends at the end of the text
   */
  static String mark(String text, boolean begins, boolean ends) {
    StringBuilder marked = new StringBuilder(text.length() + 16);
    boolean wasInWord = !begins && !text.isEmpty() && isInWord(text.charAt(0));
    for (int i = 0; i < text.length(); i++) {
      boolean isInWord = isInWord(text.charAt(i));
      if (isInWord != wasInWord) {
        marked.append(MARK);
      }
      marked.append(text.charAt(i));
      wasInWord = isInWord;
    }
    return wasInWord && ends ? marked.append(MARK).toString() : marked.toString();
  }
}
