// SPDX-License-Identifier: Apache-2.0
package io.jmortem.elf;

/** Skips the arguments of a template in a mangled name (Itanium C++ ABI 5.1.5). */
final class CxxTemplate {

  private static final int MAX_DEPTH = 64;

  /** Pointers, references and qualifiers: a type follows them. */
  private static final String PREFIXES = "PROKVrCG";

  /** Abbreviations, such as that of {@code std::allocator}. */
  private static final String STANDARD = "absiod";

  private final String mangled;
  private int at;
  private int depth;

  CxxTemplate(String mangled, int at) {
    this.mangled = mangled;
    this.at = at;
  }

  /** Skips {@code I...E}; false if that is not supported, as for an expression. */
  boolean skip() {
    return is('I') && list();
  }

  /** The index after the arguments. */
  int end() {
    return at;
  }

  private boolean is(char c) {
    boolean is = at < mangled.length() && mangled.charAt(at) == c;
    at += is ? 1 : 0;
    return is;
  }

  private boolean list() {
    while (!is('E')) {
      if (!argument()) {
        return false;
      }
    }
    return true;
  }

  private boolean argument() {
    if (++depth > MAX_DEPTH || at >= mangled.length()) {
      return false;
    }
    boolean isKnown = is('J') ? list() : is('L') ? literal() : type();
    depth--;
    return isKnown;
  }

  /** {@code Lm548964E}. */
  private boolean literal() {
    if (!type()) {
      return false;
    }
    at = mangled.indexOf('E', at) + 1;
    return at > 0;
  }

  private boolean type() {
    while (at < mangled.length() && PREFIXES.indexOf(mangled.charAt(at)) >= 0) {
      at++;
    }
    if (at >= mangled.length()) {
      return false;
    }
    char c = mangled.charAt(at);
    if (Character.isDigit(c)) {
      return source() && arguments();
    }
    at++;
    return switch (c) {
      case 'S' -> substitution() && arguments();
      case 'T' -> number() && arguments();
      case 'N', 'F' -> list();
      default -> c >= 'a' && c <= 'z' && c != 'u';
    };
  }

  private boolean arguments() {
    return at >= mangled.length() || mangled.charAt(at) != 'I' || (at++ >= 0 && list());
  }

  /** {@code St6vector}, {@code Ss}, {@code S_}, {@code S1_}. */
  private boolean substitution() {
    if (is('t')) {
      return source();
    }
    if (at < mangled.length() && STANDARD.indexOf(mangled.charAt(at)) >= 0) {
      at++;
      return true;
    }
    return number();
  }

  /** {@code _}, {@code 1_}. */
  private boolean number() {
    while (at < mangled.length() && Character.digit(mangled.charAt(at), 36) >= 0) {
      at++;
    }
    return is('_');
  }

  private boolean source() {
    int length = 0;
    while (at < mangled.length() && Character.isDigit(mangled.charAt(at)) && length < 10_000) {
      length = length * 10 + mangled.charAt(at++) - '0';
    }
    at += length;
    return length > 0 && at <= mangled.length();
  }
}
