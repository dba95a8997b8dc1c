// SPDX-License-Identifier: Apache-2.0
package io.jmortem.hserr;

/** A place in a line. It advances while the line matches what is expected, and never goes back. */
final class Cursor {

  private final String line;
  private int index;

  Cursor(String line) {
    this(line, 0);
  }

  Cursor(String line, int index) {
    this.line = line;
    this.index = index;
  }

  int index() {
    return index;
  }

  boolean isEnd() {
    return index >= line.length();
  }

  boolean startsWith(String text) {
    return line.startsWith(text, index);
  }

  /** Skips a text, if it is here. */
  boolean skip(String text) {
    boolean isHere = startsWith(text);
    index += isHere ? text.length() : 0;
    return isHere;
  }

  /** Skips to after a character, if it is within a distance; otherwise returns false. */
  boolean skipPast(char c, int most) {
    int limit = Math.min(line.length(), index + most);
    for (int i = index; i < limit; i++) {
      if (line.charAt(i) == c) {
        index = i + 1;
        return true;
      }
    }
    return false;
  }

  /** Skips the blanks here; false if there are none. */
  boolean skipBlanks() {
    int from = index;
    while (index < line.length() && line.charAt(index) == ' ') {
      index++;
    }
    return index > from;
  }

  /** Skips a number such as {@code 0x7f00}; false if there is none. */
  boolean skipAddress() {
    return !address().isEmpty();
  }

  /** The address here, as it is written; empty if there is none. */
  String address() {
    int end = index + 2;
    while (line.startsWith("0x", index)
        && end < line.length()
        && Character.digit(line.charAt(end), 16) >= 0) {
      end++;
    }
    boolean isAddress = end > index + 2;
    String address = isAddress ? line.substring(index, end) : "";
    index = isAddress ? end : index;
    return address;
  }

  /** The letters, digits and underscores here; empty if there are none. */
  String word() {
    int from = index;
    while (isWord()) {
      index++;
    }
    return line.substring(from, index);
  }

  /** Whether a letter, digit or underscore is here. */
  boolean isWord() {
    if (isEnd()) {
      return false;
    }
    char c = line.charAt(index);
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c) || c == '_';
  }

  /** The decimal digits here; empty if there are none. */
  String digits() {
    int from = index;
    while (index < line.length() && isDigit(line.charAt(index))) {
      index++;
    }
    return line.substring(from, index);
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
