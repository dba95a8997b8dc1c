// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

/**
 * Values that are words or names rather than secrets, such as those of a class, a file or a host.
 * If one is used as a password, it is hidden only there: hiding it everywhere would hide frames and
 * libraries.
 */
final class PlainNames {

  /** A longer row of letters is not a word. */
  private static final int MAX_WORD = 24;

  private static final int MAX_SEGMENT = 64;

  /** The most digits in a version, a port or a year. */
  private static final int MAX_DIGITS = 5;

  private static final String JOINTS = "./$:";

  private PlainNames() {}

  /** Whether a value is a single word, or a qualified name. */
  static boolean isPlain(String value) {
    int from = 0;
    int to = value.length();
    while (from < to && !isAlphanumeric(value.charAt(from))) {
      from++;
    }
    while (to > from && !isAlphanumeric(value.charAt(to - 1))) {
      to--; // libjvm.so+
    }
    return from < to
        && (isWord(value) || (isJoined(value, from, to) && isQualified(value, from, to)));
  }

  private static boolean isWord(String value) {
    return value.length() < MAX_WORD && value.chars().allMatch(Character::isLetter);
  }

  private static boolean isJoined(String value, int from, int to) {
    for (int i = from; i < to; i++) {
      if (JOINTS.indexOf(value.charAt(i)) >= 0) {
        return true;
      }
    }
    return false;
  }

  private static boolean isQualified(String value, int from, int to) {
    int start = from;
    for (int i = from; i <= to; i++) {
      if (i == to || JOINTS.indexOf(value.charAt(i)) >= 0) {
        boolean isDirectory = i < to && value.charAt(i) == '/';
        if (!isSegment(value, start, i, isDirectory)) {
          return false;
        }
        start = i + 1;
      }
    }
    return true;
  }

  /** A word with at most one number; base64 has slashes and more numbers. */
  private static boolean isSegment(String value, int from, int to, boolean isDirectory) {
    if (to - from > MAX_SEGMENT) {
      return false;
    }
    int numbers = 0;
    int digits = 0;
    boolean hasUpperInside = false;
    boolean hasLower = false;
    for (int i = from; i < to; i++) {
      char c = value.charAt(i);
      if (!isAlphanumeric(c) && c != '_' && c != '-') {
        return false;
      }
      boolean isDigit = Chars.isDigit(c);
      digits = isDigit ? digits + 1 : 0;
      numbers += digits == 1 ? 1 : 0;
      if (digits > MAX_DIGITS || numbers > 1) {
        return false;
      }
      hasLower |= c >= 'a' && c <= 'z';
      hasUpperInside |= i > from && c >= 'A' && c <= 'Z';
    }
    return !isDirectory || !hasUpperInside || (!hasLower && numbers == 0);
  }

  private static boolean isAlphanumeric(char c) {
    return Chars.isAlphanumeric(c);
  }
}
