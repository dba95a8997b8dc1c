// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.util.OptionalLong;

/** Numbers in text that is not to be trusted. */
public final class Numbers {

  private Numbers() {}

  /** The digits that the text begins with, as a number below 10^18. */
  public static OptionalLong leading(String text) {
    int end = 0;
    while (end < text.length() && end < 19 && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
      end++;
    }
    return end == 0 || end > 18
        ? OptionalLong.empty()
        : OptionalLong.of(Long.parseLong(text.substring(0, end)));
  }

  /** An address in hexadecimal, with or without {@code 0x}; unsigned. */
  public static OptionalLong address(String text) {
    if (text == null) {
      return OptionalLong.empty();
    }
    String digits = text.startsWith("0x") ? text.substring(2) : text;
    try {
      return digits.startsWith("+") || digits.startsWith("-")
          ? OptionalLong.empty()
          : OptionalLong.of(Long.parseUnsignedLong(digits, 16));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }
}
