// SPDX-License-Identifier: Apache-2.0
package io.jmortem.elf;

import java.util.Optional;

/**
 * Names of C++ as a reader writes them: {@code JavaThread::run}, without parameters, so that what
 * is mangled (Itanium C++ ABI 5.1) and what others have demangled look the same.
 */
public final class CxxName {

  private final String mangled;
  private int at;

  private CxxName(String mangled, int at) {
    this.mangled = mangled;
    this.at = at;
  }

  /**
   * The qualified name of a function; as it is, if it is no C++'s, or has what is not understood
   * here: templates' arguments, operators.
   */
  public static String ofFunction(String symbol) {
    int part = symbol.indexOf('.'); // .cold, .part.0, .constprop.0: the same function
    String whole = part > 0 && symbol.startsWith("_Z") ? symbol.substring(0, part) : symbol;
    return whole.startsWith("_Z") ? new CxxName(whole, 2).name().orElse(symbol) : symbol;
  }

  /** The name of a class, as {@code std::type_info} has it: {@code St13runtime_error}. */
  public static String ofType(String mangled) {
    CxxName name = new CxxName(mangled, 0);
    return name.name().filter(found -> name.at == mangled.length()).orElse(mangled);
  }

  /** A demangled one without its parameters; an offset behind it stays. */
  public static String withoutParameters(String demangled) {
    int open = demangled.indexOf('(', demangled.startsWith("(") ? 1 : 0);
    while (open >= 0 && demangled.startsWith("(anonymous namespace)", open)) {
      open = demangled.indexOf('(', open + 1);
    }
    int offset = demangled.lastIndexOf("+0x");
    return open < 0
        ? demangled
        : demangled.substring(0, open) + (offset > open ? demangled.substring(offset) : "");
  }

  private Optional<String> name() {
    if (skip('N')) {
      while (at < mangled.length() && "rVKRO".indexOf(mangled.charAt(at)) >= 0) {
        at++;
      }
      return nested();
    }
    boolean isStd = skipStd();
    skip('L'); // static
    return source().map(name -> isStd ? "std::" + name : name);
  }

  private Optional<String> nested() {
    StringBuilder whole = new StringBuilder(skipStd() ? "std" : "");
    String last = "";
    while (!skip('E')) {
      Optional<String> part;
      skip('L');
      if (mangled.startsWith("C", at) || mangled.startsWith("D", at)) {
        part = Optional.of((mangled.charAt(at) == 'D' ? "~" : "") + last);
        at += 2;
      } else {
        part = source();
      }
      if (part.isEmpty() || part.get().isEmpty()) {
        return Optional.empty();
      }
      last = part.get();
      whole.append(whole.length() == 0 ? "" : "::").append(last);
    }
    return whole.length() == 0 ? Optional.empty() : Optional.of(whole.toString());
  }

  /** Its length, and the name itself. */
  private Optional<String> source() {
    int length = 0;
    while (at < mangled.length() && Character.isDigit(mangled.charAt(at)) && length < 10_000) {
      length = length * 10 + mangled.charAt(at++) - '0';
    }
    if (length == 0 || length > mangled.length() - at) {
      return Optional.empty();
    }
    String name = mangled.substring(at, at + length);
    at += length;
    // a template: which one of them it is would not tell a reader much, but it is not this name
    return at < mangled.length() && mangled.charAt(at) == 'I'
        ? Optional.empty()
        : Optional.of(name.startsWith("_GLOBAL__N") ? "(anonymous namespace)" : name);
  }

  private boolean skip(char c) {
    boolean is = at < mangled.length() && mangled.charAt(at) == c;
    at += is ? 1 : 0;
    return is;
  }

  private boolean skipStd() {
    boolean is = mangled.startsWith("St", at);
    at += is ? 2 : 0;
    return is;
  }
}
