// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

/** What a character is within a text that holds names and values. */
final class Chars {

  private static final byte NAME = 1;
  private static final byte BLANK = 2;
  private static final byte QUOTE = 4;
  private static final byte CLOSES = 8;

  private static final byte[] KINDS = new byte[128];

  static {
    for (char c = 0; c < KINDS.length; c++) {
      if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
        KINDS[c] = NAME;
      } else if (c <= ' ' || c == 0x7f) {
        KINDS[c] = BLANK;
      }
    }
    mark("_.-", NAME);
    mark("\"'`", QUOTE);
    mark(")]}>,;.:\"'`\\", CLOSES);
  }

  private Chars() {}

  private static void mark(String characters, byte kind) {
    for (int i = 0; i < characters.length(); i++) {
      KINDS[characters.charAt(i)] |= kind;
    }
  }

  /** ASCII letters and digits, and the characters that join them to names. */
  static boolean isName(char c) {
    return c < 128 && (KINDS[c] & NAME) != 0;
  }

  static boolean isAlphanumeric(char c) {
    return isName(c) && c != '_' && c != '.' && c != '-';
  }

  /** Control characters, too: a NUL ends an argument. */
  static boolean isBlank(char c) {
    return c < 128 && (KINDS[c] & BLANK) != 0;
  }

  static boolean isQuote(char c) {
    return c < 128 && (KINDS[c] & QUOTE) != 0;
  }

  /** Characters that may follow the bracket or the quote that ends a value. */
  static boolean isAfterValue(char c) {
    return c < 128 && (KINDS[c] & (CLOSES | BLANK)) != 0;
  }

  /** Base64 of both kinds, and other characters of HTTP tokens. */
  static boolean isCredential(char c) {
    return isName(c) || c == '+' || c == '/' || c == '=' || c == '~';
  }

  static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /** Whether a text stands at this place. */
  static boolean isAt(char[] text, int at, int to, String wanted) {
    if (to - at < wanted.length()) {
      return false;
    }
    for (int i = 0; i < wanted.length(); i++) {
      if (text[at + i] != wanted.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** The same, ignoring the case of letters. */
  static boolean isAtIgnoringCase(char[] text, int at, int to, String lowerCase) {
    if (to - at < lowerCase.length()) {
      return false;
    }
    for (int i = 0; i < lowerCase.length(); i++) {
      char c = text[at + i];
      char lower = c >= 'A' && c <= 'Z' ? (char) (c + ('a' - 'A')) : c;
      if (lower != lowerCase.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** The first index of a text, or -1. */
  static int indexOf(char[] text, int from, int to, String wanted) {
    char first = wanted.charAt(0);
    for (int i = from; i <= to - wanted.length(); i++) {
      if (text[i] == first && isAt(text, i, to, wanted)) {
        return i;
      }
    }
    return -1;
  }
}
