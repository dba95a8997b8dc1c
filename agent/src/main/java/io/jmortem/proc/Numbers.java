// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Parses numbers in untrusted text. */
public final class Numbers {

  private Numbers() {}

  /** The number at the beginning of the text, below 10^18. */
  public static OptionalLong leading(String text) {
    int end = 0;
    while (end < text.length() && end < 19 && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
      end++;
    }
    return end == 0 || end > 18
        ? OptionalLong.empty()
        : OptionalLong.of(Long.parseLong(text.substring(0, end)));
  }

  /** An unsigned hexadecimal address, with or without {@code 0x}. */
  public static OptionalLong address(@Nullable String text) {
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
